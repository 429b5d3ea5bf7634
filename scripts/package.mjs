// Makes pkg/, the npm package: the worker's module and JavaScript, its types, the softphone
// adapters and the licences.
//
//     node scripts/package.mjs --glue DIR [--out DIR]

import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';

import { errorsPage } from './errors-page.mjs';
import { cratesOfModules, notices, packagesOf } from './notices.mjs';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const { values: options } = parseArgs({ options: { glue: { type: 'string' }, out: { type: 'string', default: join(ROOT, 'pkg') } } });
if (!options.glue) throw new Error('--glue DIR is missing: the folder wasm-bindgen wrote to');

const SIP_LIBRARIES = ['jssip', 'sip.js'];
// What adapters of one's own are made of, see docs/adapters.md.
const HELPERS = ['lib/problem', 'lib/sdp', 'lib/wire', 'signalling/in-page', 'signalling/options', 'signalling/phone'];
const { devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
const manifest = cargoManifest();
const files = ['worker.d.ts', 'worker_bg.wasm', 'worker_bg.wasm.d.ts'];

rmSync(options.out, { recursive: true, force: true });
mkdirSync(join(options.out, 'adapters'), { recursive: true });
for (const file of files) copyFileSync(join(options.glue, file), join(options.out, file));
copyFileSync(join(options.glue, 'hub/hub_bg.wasm'), join(options.out, 'hub_bg.wasm'));
const metafiles = [];
const [snippets] = readdirSync(join(options.glue, 'snippets'));
// The glue with the snippets it imports, one of which is exported.
const worker = `
  export * from './worker.js';
  export { default } from './worker.js';
  export { CallCardError } from './snippets/${snippets}/src/browser/call_card_error.js';`;
for (const [entry, out] of [
  [{ stdin: { contents: worker, resolveDir: options.glue } }, 'worker.js'],
  [{ entryPoints: [join(ROOT, 'www/direct.js')] }, 'direct.js'],
  // A page hands it to SharedWorker as it is.
  [{ entryPoints: [join(ROOT, 'www/hub/hub.js')] }, 'hub.js'],
]) {
  const { metafile } = await build({
    ...entry,
    outfile: join(options.out, out),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    alias: { 'b24-hub-glue': join(options.glue, 'hub/hub.js') },
    metafile: true,
    logLevel: 'warning',
  });
  metafiles.push(metafile);
}
writeFileSync(join(options.out, 'THIRD-PARTY-NOTICES.txt'), notices([...cratesOfModules(), ...packagesOf(metafiles)]));

const adapters = readdirOr(join(ROOT, 'www/adapters')).filter((name) => /\.(js|d\.ts)$/.test(name));
for (const name of adapters) copyFileSync(join(ROOT, 'www/adapters', name), join(options.out, 'adapters', name));
const recording = readdirSync(join(ROOT, 'www/recording'));
mkdirSync(join(options.out, 'recording'));
for (const name of recording) copyFileSync(join(ROOT, 'www/recording', name), join(options.out, 'recording', name));
// What the adapters are made of. Their SIP libraries stay their users' to install: see peerDependencies.
for (const folder of ['adapters/lib', 'adapters/loopback', 'adapters/signalling', 'adapters/jssip', 'adapters/sipjs', 'media']) {
  mkdirSync(join(options.out, folder), { recursive: true });
  for (const name of readdirOr(join(ROOT, 'www', folder)).filter((name) => /\.(js|d\.ts)$/.test(name))) {
    copyFileSync(join(ROOT, 'www', folder, name), join(options.out, folder, name));
  }
}
// The contract suite, with the command that tells it: see `bin`.
cpSync(join(ROOT, 'contract'), join(options.out, 'contract'), { recursive: true });
for (const name of ['softphone.d.ts', 'ear.js', 'ear.d.ts', 'frame.js', 'direct.d.ts', 'bx24.js', 'bx24.d.ts', 'texts.js', 'texts.d.ts']) copyFileSync(join(ROOT, 'www', name), join(options.out, name));
writeFileSync(join(options.out, 'errors.html'), errorsPage());
for (const name of ['README.md', 'CHANGELOG.md', 'LICENSE-MIT', 'LICENSE-APACHE']) {
  if (existsSync(join(ROOT, name))) copyFileSync(join(ROOT, name), join(options.out, name));
}

writeFileSync(join(options.out, 'package.json'), `${JSON.stringify(packageJson(), null, 2)}\n`);
console.log(`pkg/: ${readdirSync(options.out).length} entries, version ${manifest.version}`);

function packageJson() {
  return {
    name: manifest.name,
    version: manifest.version,
    description: manifest.description,
    license: '(MIT OR Apache-2.0)',
    keywords: manifest.keywords,
    type: 'module',
    main: './worker.js',
    types: './worker.d.ts',
    exports: {
      '.': { types: './worker.d.ts', default: './worker.js' },
      './worker_bg.wasm': './worker_bg.wasm',
      './hub.js': './hub.js',
      './hub_bg.wasm': './hub_bg.wasm',
      './softphone': { types: './softphone.d.ts' },
      './ear': { types: './ear.d.ts', default: './ear.js' },
      './direct': { types: './direct.d.ts', default: './direct.js' },
      './bx24': { types: './bx24.d.ts', default: './bx24.js' },
      './texts': { types: './texts.d.ts', default: './texts.js' },
      './headset': { types: './media/headset.d.ts', default: './media/headset.js' },
      './media': { types: './media/serve.d.ts', default: './media/serve.js' },
      './recording': { types: './recording/recorder.d.ts', default: './recording/recorder.js' },
      ...Object.fromEntries(
        adapters
          .filter((name) => name.endsWith('.js'))
          .map((name) => [`./adapters/${name}`, exported(name)]),
      ),
      ...Object.fromEntries(HELPERS.map((name) => [`./adapters/${name}.js`, { types: `./adapters/${name}.d.ts`, default: `./adapters/${name}.js` }])),
      './contract': { types: './contract/far-end.d.ts', default: './contract/far-end.js' },
      './errors.html': './errors.html',
      './package.json': './package.json',
    },
    bin: { [`${manifest.name}-contract`]: './contract/main.js' },
    files: ['*.js', '*.d.ts', '*.wasm', 'adapters', 'contract', 'media', 'recording', 'errors.html', 'CHANGELOG.md', 'LICENSE-*', 'THIRD-PARTY-NOTICES.txt'],
    sideEffects: ['./adapters/jssip/tame.js'],
    // Only who uses the adapter needs its library, in the very version it is tested with: the
    // adapters reach into both. Only the contract suite's command bundles.
    peerDependencies: { ...Object.fromEntries(SIP_LIBRARIES.map((name) => [name, devDependencies[name]])), esbuild: '>=0.20' },
    peerDependenciesMeta: Object.fromEntries([...SIP_LIBRARIES, 'esbuild'].map((name) => [name, { optional: true }])),
  };
}

// An adapter without a declaration of its own has the type of every adapter: `AdapterFactory`.
function exported(name) {
  const types = name.replace(/\.js$/, '.d.ts');
  if (!adapters.includes(types)) {
    writeFileSync(
      join(options.out, 'adapters', types),
      "import type { AdapterFactory } from '../softphone.js';\ndeclare const adapter: AdapterFactory<any>;\nexport default adapter;\n",
    );
  }
  return { types: `./adapters/${types}`, default: `./adapters/${name}` };
}

// Enough of TOML for our own manifest: `key = "text"` and `key = ["a", "b"]` of [package].
function cargoManifest() {
  const text = readFileSync(join(ROOT, 'Cargo.toml'), 'utf8').split(/^\[(?!package\])/m)[0];
  const value = (key) => new RegExp(`^${key} = (.+)$`, 'm').exec(text)?.[1];
  const found = Object.fromEntries(['name', 'version', 'description', 'keywords'].map((key) => [key, value(key)]));
  for (const [key, json] of Object.entries(found)) {
    if (!json) throw new Error(`Cargo.toml has no ${key} under [package]`);
    found[key] = JSON.parse(json);
  }
  return found;
}

function readdirOr(folder) {
  return existsSync(folder) ? readdirSync(folder) : [];
}
