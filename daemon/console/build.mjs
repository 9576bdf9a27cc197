// Makes the console of src/: node build.mjs [--out DIR] [--watch]
// DIR gets pages/ and assets/, which "smscrmd run --console DIR" serves as they are, and assets.S and assets.cpp,
// which put all of them into smscrmd. Deterministic: the same sources give the same bytes.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import esbuild from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
process.chdir(here);
const argument = (name) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const out = resolve(argument('--out') ?? '../../build/console');
const watches = process.argv.includes('--watch');

const tenant = '/api/v1/tenants/{tenant}';
// What each section shows first ("-one": one thing of it), so that its code and its data come along with the page: its module in src/page,
// and what that reads, in the very words of its request.
const sections = {
  home: { page: 'home', reads: ['/api/v1/me'] },
  'sign-in': { page: 'sign-in', reads: [] },
  me: { page: 'me', reads: ['/api/v1/me'] },
  dashboard: { page: 'dashboard', reads: ['/api/v1/me', `${tenant}/campaigns?limit=8`] },
  contacts: { page: 'contacts', reads: ['/api/v1/me', `${tenant}/contacts?limit=50`] },
  campaigns: { page: 'campaigns', reads: ['/api/v1/me', `${tenant}/campaigns?limit=50`] },
  inbox: { page: 'inbox', reads: ['/api/v1/me', `${tenant}/inbox?limit=50&keywords=false`] },
  reports: { page: 'reports', reads: ['/api/v1/me', `${tenant}/campaigns?limit=50`] },
  links: { page: 'links', reads: ['/api/v1/me', `${tenant}/links?limit=50`] },
  'contacts-one': { page: 'contact', reads: ['/api/v1/me'] },
  'campaigns-one': { page: 'campaign', reads: ['/api/v1/me'] },
  'inbox-one': { page: 'inbox', reads: ['/api/v1/me'] },
  'reports-one': { page: 'report', reads: ['/api/v1/me'] },
  'links-one': { page: 'links', reads: ['/api/v1/me'] },
  'settings-one': { page: 'settings', reads: ['/api/v1/me'] },
  settings: { page: 'settings', reads: ['/api/v1/me', `${tenant}`] },
};

const digest = (bytes) => createHash('sha256').update(bytes).digest('base64url').slice(0, 16);

async function bundle() {
  const { metafile } = await esbuild.build({
    absWorkingDir: here,
    entryPoints: ['src/main.tsx'],
    bundle: true,
    splitting: true,
    format: 'esm',
    minify: !watches,
    sourcemap: watches ? 'inline' : false,
    target: ['chrome123', 'firefox128', 'safari17.5'],
    jsx: 'automatic',
    jsxImportSource: 'preact',
    outdir: join(out, 'assets'),
    entryNames: 'main-[hash]',
    chunkNames: '[name]-[hash]',
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  });
  return metafile;
}

// What a file loads before it runs, itself included.
function whole(metafile, file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const { path, kind } of metafile.outputs[file].imports)
    if (kind === 'import-statement') whole(metafile, path, seen);
  return seen;
}

const types = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

async function build() {
  rmSync(join(out, 'assets'), { recursive: true, force: true });
  rmSync(join(out, 'pages'), { recursive: true, force: true });
  mkdirSync(join(out, 'assets'), { recursive: true });
  mkdirSync(join(out, 'pages'), { recursive: true });
  const metafile = await bundle();
  const outputs = Object.entries(metafile.outputs);
  const name = (file) => resolve(file).slice(out.length + 1);
  const [main, entry] = outputs.find(([, one]) => one.entryPoint === 'src/main.tsx');
  // The entry's style sheet has those of all pages; esbuild leaves copies beside the chunks, which nobody loads.
  for (const [file] of outputs) if (file.endsWith('.css') && file !== entry.cssBundle) rmSync(file);

  const icon = readFileSync('src/icon.svg', 'utf8').trim();
  const template = readFileSync('page.html', 'utf8');
  for (const [section, { page }] of Object.entries(sections)) {
    const [chunk] = outputs.find(([, one]) => one.entryPoint === `src/page/${page}.tsx`) ?? [];
    if (!chunk) throw new Error(`section ${section} has no src/page/${page}.tsx`);
    const files = new Set([...whole(metafile, main), ...whole(metafile, chunk)]);
    files.delete(main);
    const preloads = [...files].sort().map((file) => `<link rel="modulepreload" href="/${name(file)}">`);
    const values = {
      icon: `data:image/svg+xml,${encodeURIComponent(icon)}`, // one request less
      style: `/${name(entry.cssBundle)}`,
      script: `/${name(main)}`,
      preloads: preloads.join('\n'),
    };
    const html = template.replace(/\{\{(\w+)\}\}/g, (_, key) => values[key]);
    writeFileSync(join(out, 'pages', `${section}.html`), html);
  }
  if (!watches) embed();
  console.log(`the console is in ${out}`);
}

// Two sources: the bytes of all files, compressed too where that makes them smaller, and the table of them.
function embed() {
  const files = ['assets', 'pages'].flatMap((folder) =>
    readdirSync(join(out, folder))
      .filter((file) => statSync(join(out, folder, file)).isFile() && !/\.(br|gz)$/.test(file))
      .sort()
      .map((file) => `${folder}/${file}`),
  );
  const labels = [];
  const take = (file) => {
    const label = `smscrm_asset_${labels.length}`;
    labels.push({ label, file });
    return `bytes(${label}, ${label}_end)`;
  };
  const rows = files.map((file) => {
    const plain = readFileSync(join(out, file));
    const columns = [take(file)];
    const packed = {
      br: brotliCompressSync(plain, {
        params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
      }),
      gz: gzipSync(plain, { level: 9 }),
    };
    packed.gz[9] = 255; // the system that made it, of which the same bytes must not depend
    for (const [end, bytes] of Object.entries(packed)) {
      if (bytes.length >= plain.length) {
        columns.push('{}');
        continue;
      }
      writeFileSync(join(out, `${file}.${end}`), bytes);
      columns.push(take(`${file}.${end}`));
    }
    const section = file.startsWith('pages/') ? file.slice(6, -5) : '';
    const reads = sections[section]?.reads.join(' ') ?? '';
    const type = types[file.split('.').pop()];
    return `      {"${file}", "${type}", "${digest(plain)}",\n       ${columns.join(', ')}, "${reads}"},`;
  });
  writeFileSync(
    join(out, 'assets.S'),
    [
      '// Written by daemon/console/build.mjs.',
      '#ifdef __CET__',
      '#include <cet.h>',
      '#endif',
      '.section .rodata',
      ...labels.flatMap(({ label, file }) => [
        `.global ${label}`,
        `${label}:`,
        `.incbin "${file}"`,
        `.global ${label}_end`,
        `${label}_end:`,
      ]),
      '.section .note.GNU-stack,"",%progbits',
      '',
    ].join('\n'),
  );
  writeFileSync(
    join(out, 'assets.cpp'),
    [
      '// Written by daemon/console/build.mjs.',
      '#include "daemon/asset.hpp"',
      '',
      'extern "C" {',
      ...labels.map(({ label }) => `extern const char ${label}[], ${label}_end[];`),
      '}',
      '',
      'namespace smscrm {',
      '',
      'std::span<const Asset> built_assets() {',
      '  const auto bytes = [](const char* begin, const char* end) { return std::string_view{begin, end}; };',
      '  static const std::vector<Asset> all{',
      ...rows,
      '  };',
      '  return all;',
      '}',
      '',
      '}  // namespace smscrm',
      '',
    ].join('\n'),
  );
  writeFileSync(join(out, 'third-party-licences.txt'), licences());
}

const lucide = `Lucide 1.48.0 (ISC), of which src/ui/icon.tsx has some icons

Copyright (c) 2026 Lucide Icons and Contributors

Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee is hereby
granted, provided that the above copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH REGARD TO THIS SOFTWARE INCLUDING ALL
IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS OF USE, DATA OR PROFITS, WHETHER IN
AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR
PERFORMANCE OF THIS SOFTWARE.
`;

// Of what ends up in the files.
function licences() {
  const packages = ['preact'];
  return packages
    .map((one) => {
      const folder = join('node_modules', one);
      const { version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      const text = file ? readFileSync(join(folder, file), 'utf8').trim() : license;
      return `${one} ${version} (${license})\n\n${text}\n`;
    })
    .concat(lucide)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

await build();
if (watches) {
  const { watch } = await import('node:fs');
  let timer;
  const folders = [
    'src',
    ...readdirSync('src', { withFileTypes: true })
      .filter((one) => one.isDirectory())
      .map((one) => `src/${one.name}`),
  ];
  for (const folder of folders)
    watch(folder, () => {
      clearTimeout(timer);
      timer = setTimeout(() => build().catch((failure) => console.error(failure.message)), 50);
    });
}
