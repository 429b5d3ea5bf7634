// An example from examples/, with the package as its users get it: packed and installed.
//
//     node scripts/example.mjs NAME            serves it and a portal until Ctrl-C
//     node scripts/example.mjs NAME --once     drives a call through it in headless Chromium, in a copy

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { launchBrowser } from '../tests/support/browser.mjs';
import { LINE, Portal } from '../tests/support/portal.mjs';
import { freePort, ROOT, startSimulator, until } from '../tests/support/servers.mjs';

const EXAMPLES = join(ROOT, 'examples');
const CALLER = '+12025550123';

/** The examples that are a package of their own. */
export const examples = () => readdirSync(EXAMPLES).filter((name) => existsSync(join(EXAMPLES, name, 'package.json')));

/** Puts pkg/, packed, into a folder's node_modules. Nothing is fetched: what the package needs is in it. */
export function install(folder) {
  const tarballs = mkdtempSync(join(tmpdir(), 'b24-packed-'));
  try {
    const [{ filename }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', tarballs], join(ROOT, 'pkg')));
    run('npm', ['install', '--offline', '--no-save', '--no-package-lock', '--no-audit', '--no-fund', join(tarballs, filename)], folder);
  } finally {
    rmSync(tarballs, { recursive: true, force: true });
  }
}

/** The example's server and a portal that opens its handler. */
export async function serve(folder, ports = []) {
  const port = await freePort(...ports);
  const simulator = await startSimulator({ handler: `http://app.localhost:${port}/handler` });
  const env = { ...process.env, PORT: port, BX24: `${simulator.url}/api/v1/`, LINE };
  const server = spawn(process.execPath, ['server.mjs'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => server.once('exit', resolve));
  const listening = new Promise((resolve) => createInterface({ input: server.stdout }).once('line', resolve));
  const ended = exited.then((code) => { throw new Error(`the example's server ended with ${code} before it listened`); });
  await Promise.race([listening, ended]);
  ended.catch(() => {}); // it is asked to end later
  const stop = async () => {
    server.kill();
    await Promise.all([exited, simulator.stop()]);
  };
  return { simulator, url: `http://127.0.0.1:${port}`, stop };
}

/** A customer calls, the operator answers on the card, speaks, and hangs up; the portal has one record. */
export async function driveCall({ simulator, url }) {
  const { browser, close } = await launchBrowser();
  try {
    const portal = await Portal.open(browser, { simulator });
    // The phone tells its PBX of itself when the worker has started it.
    const called = () => fetch(`${url}/call`, { method: 'POST', body: JSON.stringify({ from: CALLER }) });
    await until(async () => (await called()).ok, { what: 'a phone to be there for the call' });
    await portal.card('incoming');
    const { card } = await simulator.api('GET', `/sim/pages/${portal.id}`);
    assert.equal(card.phoneNumber, CALLER);
    await portal.press('answer');
    await portal.card('connected');
    await portal.press('hangup');
    const record = await portal.recorded();
    assert.equal(record.finishes, 1, 'one record');
    await portal.card(null);
    await portal.close();
  } finally {
    await close();
  }
}

/** The whole of it, in a copy that nobody else has touched. */
export async function once(name) {
  const folder = mkdtempSync(join(tmpdir(), `b24-example-${name}-`));
  try {
    cpSync(join(EXAMPLES, name), folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
    install(folder);
    const served = await serve(folder);
    try {
      await driveCall(served);
    } finally {
      await served.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(program, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [name, option] = process.argv.slice(2);
  if (!examples().includes(name) || ![undefined, '--once'].includes(option)) {
    console.error(`example: there ${examples().length === 1 ? 'is' : 'are'} ${examples().join(', ')}, each with --once or without`);
    process.exit(2);
  }
  if (option) {
    await once(name);
    console.log(`example ${name}: ok, a call was answered on the card and recorded`);
  } else {
    const folder = join(EXAMPLES, name);
    install(folder);
    const { simulator, url, stop } = await serve(folder, [3000]);
    console.log(`
  The portal is open:  ${simulator.url}
  A customer calls:    curl -d '{"from":"${CALLER}"}' ${url}/call

  The page is served from examples/${name}: change it, and reload the portal. Ctrl-C ends both.
`);
    await new Promise((resolve) => ['SIGINT', 'SIGTERM'].forEach((signal) => process.once(signal, resolve)));
    await stop();
  }
}
