// Chromium, and what no page of ours may do: an error on its console, a refusal by its policy, a request to another
// host. Needs packages of daemon/console.
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../../..');
const require = createRequire(join(root, 'daemon/console/package.json'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const programs = ['/usr/bin/chromium-headless-shell', '/usr/lib/chromium/chromium-headless-shell', '/usr/bin/chromium'];

export async function startBrowser() {
  const executablePath = process.env.SMSCRM_TEST_BROWSER ?? programs.find(existsSync);
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
}

// A page in a browser profile of its own. `faults` grows with whatever no page may do.
export async function openPage(browser, url, options = {}) {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on('console', (message) => {
    // What the API refuses, a browser notes too; pages show it in words of theirs.
    const isRefusal = /Failed to load resource: the server responded with a status of (401|403|404|409|412|422|429)/;
    if (message.type() === 'error' && !isRefusal.test(message.text())) faults.push(message.text());
  });
  page.on('pageerror', (failure) => faults.push(String(failure)));
  page.on('request', (request) => {
    const target = new URL(request.url());
    if (target.protocol !== 'data:' && target.origin !== new URL(url).origin) faults.push(`asked ${target.origin}`);
  });
  return { context, page, faults };
}

// Whoever has a link and no password yet comes in.
export async function signIn(page, link, password) {
  await page.goto(link);
  await page.getByRole('button', { name: 'Go on' }).click();
  const field = page.getByLabel('New password');
  const inside = page.getByRole('heading', { level: 1, name: /Dashboard|Where to/ });
  await field.or(inside).first().waitFor();
  if (await field.isVisible()) {
    await field.fill(password);
    await page.getByRole('button', { name: 'Save and sign in' }).click();
  }
  await inside.waitFor();
}

// Nothing is being loaded any more.
export async function settled(page) {
  await page.waitForFunction(
    () =>
      document.querySelector('h1') &&
      ![...document.querySelectorAll('[role="status"]')].some((one) => one.textContent === 'Loading'),
  );
  await page.waitForTimeout(50);
}

// What axe finds against WCAG 2.2 AA, in words. Its text is put in by the debugger, which no policy binds.
const everything = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
export async function findBarriers(page, rules) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const runOnly = rules ? { type: 'rule', values: rules } : { type: 'tag', values: everything };
  const { violations } = await page.evaluate(
    (only) => window.axe.run(document, { runOnly: only, resultTypes: ['violations'] }),
    runOnly,
  );
  return violations.map((one) => `${one.id}: ${one.nodes.map((node) => `${node.target} ${node.failureSummary}`).join('; ')}`);
}

// How far the page can be pushed sideways, in pixels.
export const overflow = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
