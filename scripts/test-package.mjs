// The package as its users get it: packed, installed into an empty project, compiled against
// and loaded.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { examples, once } from './example.mjs';
import { sharesOnePhone } from './package-browser.mjs';
import { tellsRightFromWrong } from './package-contract.mjs';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const NAME = 'b24-background-worker';
const project = mkdtempSync(join(tmpdir(), 'b24-package-'));
const installed = join(project, 'node_modules', NAME);
let passed = 0;
let failed = 0;

let tarball;
try {
  await test('npm packs it', () => {
    [tarball] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', project], join(ROOT, 'pkg')));
  });
  await test('it carries the module, the types, the adapters and both licences, and nothing of the sources', () => {
    const names = tarball.files.map((file) => file.path);
    for (const name of ['package.json', 'worker.js', 'worker.d.ts', 'worker_bg.wasm', 'hub.js', 'hub_bg.wasm', 'softphone.d.ts', 'adapters/loopback.js', 'adapters/jssip.js', 'adapters/sipjs.js', 'adapters/signalling/phone.js', 'errors.html', 'LICENSE-MIT', 'LICENSE-APACHE', 'README.md']) {
      if (!names.includes(name)) throw new Error(`${name} is missing from ${names.join(', ')}`);
    }
    const stray = names.filter((name) => /\.(rs|toml|map|ts)$/.test(name) && !name.endsWith('.d.ts'));
    if (stray.length > 0) throw new Error(`it carries ${stray.join(', ')}`);
  });
  await test('it carries the notices of the crates in its modules', () => {
    const text = readFileSync(join(ROOT, 'pkg/THIRD-PARTY-NOTICES.txt'), 'utf8');
    for (const part of ['js-sys', 'postcard', 'serde_json', 'wasm-bindgen']) {
      if (!new RegExp(`^${part} \\d`, 'm').test(text)) throw new Error(`${part} is not among them`);
    }
    for (const part of ['axum', 'jssip']) if (new RegExp(`^${part} \\d`, 'm').test(text)) throw new Error(`${part} is not in the package`);
    if (!tarball.files.some((file) => file.path === 'THIRD-PARTY-NOTICES.txt')) throw new Error('the notices are not packed');
  });
  await test('cargo packs the sources of the crate and nothing else', () => {
    const names = run('cargo', ['package', '--list', '--allow-dirty', '--locked'], ROOT).trim().split('\n');
    const made = ['.cargo_vcs_info.json', 'Cargo.lock', 'Cargo.toml', 'Cargo.toml.orig'];
    const stray = names.filter((name) => !/^(src\/.*|README\.md|CHANGELOG\.md|LICENSE-(MIT|APACHE))$/.test(name) && !made.includes(name));
    if (stray.length > 0) throw new Error(`it would carry ${stray.slice(0, 5).join(', ')} and ${Math.max(0, stray.length - 5)} more`);
    for (const name of ['src/lib.rs', 'src/browser/exports.d.ts', 'README.md', 'LICENSE-MIT']) if (!names.includes(name)) throw new Error(`${name} is missing`);
  });
  await test('it installs into an empty project, without a network', () => {
    writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }');
    run('npm', ['install', '--offline', '--no-audit', '--no-fund', join(project, tarball.filename)], project);
  });
  await test('everything it exports is there', () => {
    const { exports } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    const targets = Object.values(exports).flatMap((entry) => (typeof entry === 'string' ? entry : Object.values(entry)));
    for (const target of targets) readFileSync(join(installed, target));
  });
  await test('a strict TypeScript project compiles against it', () => {
    writeFileSync(join(project, 'app.ts'), [
      `import init, { CallWorker } from '${NAME}';`,
      `import type { Softphone } from '${NAME}/softphone';`,
      `import loopback from '${NAME}/adapters/loopback.js';`,
      `export { default as jssip } from '${NAME}/adapters/jssip.js';`,
      'export async function start(): Promise<CallWorker> {',
      '  await init();',
      "  const softphone: Softphone = await loopback({ line: '+15550100' });",
      "  return CallWorker.start({ softphone, lines: ['+15550100'] });",
      '}',
    ].join('\n'));
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({
      compilerOptions: { strict: true, noEmit: true, target: 'es2022', module: 'nodenext', lib: ['es2022', 'dom', 'esnext.disposable'], types: [] },
      files: ['app.ts'],
    }));
    run(join(ROOT, 'node_modules/.bin/tsc'), ['--project', 'tsconfig.json'], project);
  });
  await test('its module loads, the class is there, and what it throws is a CallCardError', async () => {
    const { default: init, CallCardError, CallWorker } = await import(pathToFileURL(join(installed, 'worker.js')));
    await init({ module_or_path: readFileSync(join(installed, 'worker_bg.wasm')) });
    if (typeof CallWorker?.start !== 'function') throw new Error('there is no CallWorker.start');
    const thrown = await CallWorker.start({ softphone: 7 }).catch((error) => error);
    if (!(thrown instanceof CallCardError) || thrown.code !== 'MALFORMED') throw new Error(`it threw ${thrown}`);
  });
  await test('two tabs of a plain page share one hub and one softphone, and what happened inside start is told to whoever listens right after it', async () => {
    await sharesOnePhone(installed);
  });
  await test('its contract suite tells a right adapter from a wrong one, and says what it can\'t tell', () => tellsRightFromWrong(project, ROOT));
  await test('README shows the files of examples/plain, as they are', () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
    for (const name of ['handler.html', 'worker.js']) {
      if (!readme.includes(readFileSync(join(ROOT, 'examples/plain', name), 'utf8'))) throw new Error(`README.md shows another ${name}`);
    }
  });
  await test('the softphone of examples/plain has no more than the forty lines that README tells of', () => {
    const lines = readFileSync(join(ROOT, 'examples/plain/phone.js'), 'utf8').trimEnd().split('\n').length;
    if (lines > 40) throw new Error(`it has ${lines}`);
  });
  // Two at a time, what has to be built first: one compiles while the other waits for a call's second of sound.
  const builds = (name) => 'build' in JSON.parse(readFileSync(join(ROOT, 'examples', name, 'package.json'), 'utf8')).scripts;
  const left = examples().sort((one, other) => builds(other) - builds(one));
  const told = async () => {
    for (let name; (name = left.shift());) {
      await test(`the example ${name} runs in a portal, and its story is told to the end`, () => once(name));
    }
  };
  await Promise.all([told(), told()]);
} finally {
  rmSync(project, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

async function test(name, body) {
  try {
    await body();
    passed++;
    console.log(`✓ ${name}`);
  } catch (error) {
    failed++;
    console.log(`✗ ${name}\n    ${String(error?.message ?? error).replaceAll('\n', '\n    ')}`);
  }
}

function run(program, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
}
