// A whole smscrm as people meet it in a browser: a database of its own on the servers of the tests, the sandbox in
// Twilio's place, a daemon and the command line. As tests/support/world.hpp for those who write C++.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const servers = process.env.SMSCRM_TEST_DIR;
const bin = process.env.SMSCRM_TEST_BIN;
if (!servers || !bin) throw new Error('SMSCRM_TEST_DIR or SMSCRM_TEST_BIN is not set; run this through ctest');

const sid = `AC${'0'.repeat(31)}1`;
export const sender = '+15005550006';
export const password = 'a long but tidy sentence';

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

export async function until(what, condition, limit = 30_000) {
  for (const end = Date.now() + limit; Date.now() < end; ) {
    const found = await condition();
    if (found) return found;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`waited in vain until ${what}`);
}

async function answers(url) {
  return fetch(url).then(
    (response) => response.ok,
    () => false,
  );
}

export async function startWorld({ settings = '', environment = {}, folder = process.env.SMSCRM_TEST_CONSOLE } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'smscrm-console-'));
  const database = `console_${randomBytes(6).toString('hex')}`;
  const psql = (sql) =>
    execFileSync('psql', ['-qX', '-h', servers, '-U', 'smscrm', '-d', 'postgres', '-c', sql], { stdio: 'pipe' });
  psql(`CREATE DATABASE ${database}`);
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${port}`;
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  writeFileSync(join(dir, 'key'), `${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
  writeFileSync(
    join(dir, 'sandbox.toml'),
    `[settings]\ninbound_url = "${url}/webhooks/twilio/acme/inbound"\n${settings}\n`,
  );
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    SMSCRM_DATABASE_URL: `host=${servers} user=smscrm dbname=${database}`,
    SMSCRM_REDIS_URL: `unix:${servers}/redis.sock`,
    SMSCRM_SECRETS_KEY_FILE: join(dir, 'key'),
    SMSCRM_HTTP_LISTEN: `127.0.0.1:${port}`,
    SMSCRM_HTTP_PUBLIC_URL: url,
    SMSCRM_TWILIO_API_URL: sandboxUrl,
    SMSCRM_SENDER_LEASE: '2s',
    SMSCRM_TENANT: 'acme',
    ...environment,
  };
  // The command line; throws with its words unless it ends with 0.
  const cli = (words, stdin = '') => {
    const done = spawnSync(join(bin, 'smscrm'), words, { env, input: stdin, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`smscrm ${words.join(' ')} ended with ${done.status}: ${done.stderr}`);
    return done.stdout;
  };
  const json = (words, stdin) => JSON.parse(cli([...words, '-o', 'json'], stdin));
  const running = [];
  let said = '';
  const run = (words) => {
    const program = spawn(join(bin, 'smscrmd'), words, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    program.stderr.on('data', (text) => (said += text));
    running.push(program);
    return program;
  };
  const stop = async () => {
    for (const program of running.splice(0).reverse()) {
      if (program.exitCode !== null) continue;
      const ended = new Promise((done) => program.once('exit', done));
      program.kill('SIGTERM');
      await ended;
    }
    psql(`DROP DATABASE IF EXISTS ${database} WITH (FORCE)`);
    rmSync(dir, { recursive: true });
  };
  const startDaemon = async () => {
    const daemon = run(['run', ...(folder ? ['--console', folder] : [])]);
    await until(`the daemon answers; it said: ${said}`, () => answers(`${url}/readyz`));
    return daemon;
  };
  try {
    cli(['migrate']);
    cli(['tenant', 'create', 'acme', '--name', 'Acme Coffee', '--timezone', 'America/New_York', '--country', 'US', '--quiet-hours', 'off', '--undelivered-retries', '0']);
    cli(['account', 'set', '--sid', sid, '--token-file', '-'], 'sandbox-token\n');
    cli(['sender', 'add', sender, '--rate', '200']);
    run(['sandbox', '--listen', `127.0.0.1:${sandboxPort}`, '--account', `${sid}:sandbox-token`, '--seed', '1', '--faults', join(dir, 'sandbox.toml')]);
    await startDaemon();
  } catch (failure) {
    await stop();
    throw failure;
  }
  return {
    url,
    cli,
    json,
    stop,
    startDaemon,
    log: () => said,
    // Of a new user: the link with which they choose a password.
    invite: (email, role = 'owner') => json(['user', 'create', email, '--role', role]).link,
    // Of one that is there: a link that signs in.
    link: (email) => json(['user', 'link', email]).link,
    // Somebody writes to us.
    inbound: async (from, body) => {
      const response = await fetch(`${sandboxUrl}/sandbox/inbound`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ from, to: sender, body }),
      });
      if (!response.ok) throw new Error(`the sandbox refused a text: ${await response.text()}`);
    },
  };
}
