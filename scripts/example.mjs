// An example from examples/, with the package as its users get it: packed and installed.
//
//     node scripts/example.mjs NAME            serves it and a portal until Ctrl-C
//     node scripts/example.mjs NAME --once     tells its story in headless Chromium, in a copy
//
// An example's story.mjs imports nothing from outside of its folder: `hints` says what to try by hand, and the default
// export drives the example with what it is handed (`tellStory`). An example without one is called, and answers.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { launchBrowser, WINDOW } from '../tests/support/browser.mjs';
import { LINE, Portal } from '../tests/support/portal.mjs';
import { freePort, ROOT, startSimulator, until } from '../tests/support/servers.mjs';

const EXAMPLES = join(ROOT, 'examples');
const CALLER = '+12025550123';
/** A microphone that needs no machine and no question. */
const MICROPHONE = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** The examples that are a package of their own. */
export const examples = () => readdirSync(EXAMPLES).filter((name) => existsSync(join(EXAMPLES, name, 'package.json')));

/** Puts pkg/, packed, into a folder's node_modules. Nothing is fetched: what the package needs is in it. */
export function install(folder) {
  const tarballs = mkdtempSync(join(tmpdir(), 'b24-packed-'));
  try {
    const packed = run('npm', ['pack', '--json', '--pack-destination', tarballs], join(ROOT, 'pkg'));
    const [{ filename }] = JSON.parse(packed);
    const flags = ['--offline', '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
    run('npm', ['install', ...flags, join(tarballs, filename)], folder);
  } finally {
    rmSync(tarballs, { recursive: true, force: true });
  }
}

/** The example's server and a portal that opens its handler. `hear` is given what the server says. */
export async function serve(folder, { ports = [], hear = () => {} } = {}) {
  const port = await freePort(...ports);
  const app = `http://app.localhost:${port}`;
  const simulator = await startSimulator({ handler: `${app}/handler` });
  const env = { ...process.env, PORT: port, BX24: `${simulator.url}/api/v1/`, LINE };
  const server = spawn(process.execPath, ['server.mjs'], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = new Promise((resolve) => server.once('exit', resolve));
  const lines = createInterface({ input: server.stdout });
  const listening = new Promise((resolve) => lines.once('line', resolve));
  const ended = exited.then((code) => {
    throw new Error(`the example's server ended with ${code} before it listened`);
  });
  await Promise.race([listening, ended]);
  ended.catch(() => {}); // it is asked to end later
  lines.on('line', hear);
  const stop = async () => {
    server.kill();
    await Promise.all([exited, simulator.stop()]);
  };
  return { simulator, host: { url: app }, url: `http://127.0.0.1:${port}`, stop };
}

/** A customer calls, the operator answers on the card, speaks, and hangs up; the portal has one record. */
async function driveCall({ simulator, url, openPortal }) {
  const portal = await openPortal();
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
  return 'a call was answered on the card and recorded';
}

const CALL = {
  default: driveCall,
  hints: ({ simulator, url }) => [
    ['The portal is open', simulator.url],
    ['A customer calls', `curl -d '{"from":"${CALLER}"}' ${url}/call`],
  ],
};

const storyOf = (folder) => {
  const own = join(folder, 'story.mjs');
  return existsSync(own) ? import(pathToFileURL(own)) : CALL;
};

/**
 * A story is handed the `simulator` with its `api`, the `url` of the example's server, `until(condition, { what })`,
 * `openPortal(path)`, each time another tab of the operator's browser (a `Portal` of tests/support/portal.mjs), and
 * `openPage(address)`, somebody else's page (Playwright's). It gives a sentence of what it has seen.
 */
async function tellStory(story, served) {
  const { browser, close } = await launchBrowser({ flags: MICROPHONE });
  let first;
  const openPortal = async (path = '/') => {
    if (!first) return (first = await Portal.open(browser, served, { path }));
    const tab = Object.assign(new Portal(), { stack: served, api: first.api, context: first.context });
    tab.page = await first.context.newPage();
    await tab.visit(path);
    return tab;
  };
  const openPage = async (address) => {
    const page = await (await browser.newContext(WINDOW)).newPage();
    await page.goto(address);
    return page;
  };
  try {
    return await story({ simulator: served.simulator, url: served.url, until, openPortal, openPage });
  } finally {
    await first?.close();
    await close();
  }
}

/** The whole of it, in a copy that nobody else has touched. */
export async function once(name) {
  const folder = mkdtempSync(join(tmpdir(), `b24-example-${name}-`));
  try {
    cpSync(join(EXAMPLES, name), folder, { recursive: true, filter: (path) => !path.includes('node_modules') });
    install(folder);
    const { default: story } = await storyOf(folder);
    const served = await serve(folder);
    try {
      return await tellStory(story, served);
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
    console.error(`example: there are ${examples().join(', ')}, each with --once or without`);
    process.exit(2);
  }
  if (option) {
    console.log(`example ${name}: ok, ${await once(name)}`);
  } else {
    const folder = join(EXAMPLES, name);
    install(folder);
    const { hints } = await storyOf(folder);
    const hear = (line) => console.log(`  server: ${line}`);
    const { stop, ...served } = await serve(folder, { ports: [3000], hear });
    const told = hints(served).map(([what, how]) => [`${what}:`, how]);
    const width = Math.max(...told.map(([what]) => what.length)) + 2;
    console.log(`
${told.map(([what, how]) => `  ${what.padEnd(width)}${how}`).join('\n')}

  The page is served from examples/${name}: change it, and reload the portal. Ctrl-C ends both.
`);
    await new Promise((resolve) => ['SIGINT', 'SIGTERM'].forEach((signal) => process.once(signal, resolve)));
    await stop();
  }
}
