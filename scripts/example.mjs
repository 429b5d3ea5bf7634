// An example from examples/, with the package as its users get it: packed and installed.
//
//     node scripts/example.mjs NAME            serves it and a portal until Ctrl-C
//     node scripts/example.mjs NAME --once     tells its story in headless Chromium, in a copy
//
// Its package.json says how: `start` serves it, `build` comes before, and `dev` serves it without. By hand it is `dev`,
// where there is one; the story is told of each. What is served takes PORT, BX24 and LINE from the environment, and says
// something on stdout when it listens.
//
// An example's story.mjs imports nothing from outside of its folder: `hints` says what to try by hand, and the default
// export drives the example with what it is handed (`tellStory`). An example without one is called, and answers.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

import { launchChromium, WINDOW } from '../tests/support/browser.mjs';
import { LINE, Portal } from '../tests/support/portal.mjs';
import { freePort, ROOT, startSimulator, until } from '../tests/support/servers.mjs';

const EXAMPLES = join(ROOT, 'examples');
/** Where cargo has the dependencies compiled already. */
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
const CALLER = '+12025550123';
/** A microphone that needs no machine and no question. */
const MICROPHONE = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];

/** The examples that are a package of their own. */
export const examples = () => readdirSync(EXAMPLES).filter((name) => existsSync(join(EXAMPLES, name, 'package.json')));

const packageOf = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/**
 * Puts pkg/, packed, into a folder's node_modules. Nothing is fetched: what the package needs is in it, and the tools
 * that an example is built by are this repository's.
 */
export async function install(folder) {
  const tarballs = mkdtempSync(join(tmpdir(), 'b24-packed-'));
  try {
    const packed = await run('npm', ['pack', '--json', '--pack-destination', tarballs], join(ROOT, 'pkg'));
    const [{ filename }] = JSON.parse(packed);
    const flags = ['--offline', '--no-save', '--no-package-lock', '--no-audit', '--no-fund'];
    const tools = Object.keys(packageOf(folder).devDependencies ?? {}).map((name) => join(ROOT, 'node_modules', name));
    await run('npm', ['install', ...flags, join(tarballs, filename), ...tools], folder);
  } finally {
    rmSync(tarballs, { recursive: true, force: true });
  }
}

/** The example's server, by a script of its package.json, and a portal that opens its handler. `hear` is given what it says. */
export async function serve(folder, script, { ports = [], hear = () => {} } = {}) {
  const port = await freePort(...ports);
  const app = `http://app.localhost:${port}`;
  const simulator = await startSimulator({ handler: `${app}/handler` });
  const path = [join(folder, 'node_modules/.bin'), process.env.PATH].join(delimiter);
  const env = { ...process.env, PATH: path, PORT: port, BX24: `${simulator.url}/api/v1/`, LINE };
  // Not by npm, which would not always pass on that it shall end.
  const command = `exec ${packageOf(folder).scripts[script]}`;
  const server = spawn('sh', ['-c', command], { cwd: folder, env, stdio: ['ignore', 'pipe', 'inherit'] });
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
  const { browser, close } = await launchChromium({ flags: MICROPHONE });
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

/** The whole of it, in a copy that nobody else has touched; told of each script that serves it. */
export async function once(name) {
  const folder = mkdtempSync(join(tmpdir(), `b24-example-${name}-`));
  try {
    const made = ['node_modules', 'dist', 'pkg', 'target'].map((it) => join(EXAMPLES, name, it));
    cpSync(join(EXAMPLES, name), folder, { recursive: true, filter: (path) => !made.includes(path) });
    await install(folder);
    if (isCrate(folder)) await dependOnPackedCrate(folder);
    await build(folder);
    const { default: story } = await storyOf(folder);
    let seen;
    for (const script of ['dev', 'start'].filter((it) => it in packageOf(folder).scripts)) {
      const served = await serve(folder, script);
      try {
        seen = await tellStory(story, served);
      } catch (error) {
        error.message = `served by \`${script}\`: ${error.message}`;
        throw error;
      } finally {
        await served.stop();
      }
    }
    return seen;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const isCrate = (folder) => existsSync(join(folder, 'Cargo.toml'));

/** Runs what the example calls `build`; a crate with the crates of our own Cargo.lock, and quick to build rather than small. */
async function build(folder) {
  if (!packageOf(folder).scripts.build) return;
  if (!isCrate(folder)) return run('npm', ['run', 'build'], folder);
  copyFileSync(join(ROOT, 'Cargo.lock'), join(folder, 'Cargo.lock'));
  await run('npm', ['run', 'build', '--', '--dev', '--mode', 'no-install'], folder, { CARGO_TARGET_DIR: TARGET, CARGO_NET_OFFLINE: 'true' });
}

/** Puts our crate, packed, into an example's folder: what cargo compiles there is what its users get. */
async function dependOnPackedCrate(folder) {
  await run('cargo', ['package', '--locked', '--offline', '--allow-dirty', '--no-verify', '--quiet', '--target-dir', join(folder, 'packing')], ROOT);
  const crates = join(folder, 'packing/package');
  const [packed] = readdirSync(crates).filter((it) => it.endsWith('.crate'));
  await run('tar', ['-xmf', packed], crates); // new to cargo, which would take the archive's old times for what it has compiled
  const manifest = join(folder, 'Cargo.toml');
  const here = `packing/package/${basename(packed, '.crate')}`;
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('path = "../.."', `path = "${here}"`));
}

async function run(program, args, cwd, env) {
  try {
    return (await promisify(execFile)(program, args, { cwd, env: { ...process.env, ...env }, maxBuffer: Infinity })).stdout;
  } catch ({ code, message, stdout, stderr }) {
    if (typeof code !== 'number') throw new Error(message);
    throw new Error(`${program} ${args.join(' ')} ended with ${code}\n${stdout}${stderr}`);
  }
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
    await install(folder);
    const script = packageOf(folder).scripts.dev ? 'dev' : 'start';
    if (script === 'start') await build(folder);
    const { hints } = await storyOf(folder);
    const hear = (line) => console.log(`  server: ${line}`);
    const { stop, ...served } = await serve(folder, script, { ports: [3000], hear });
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
