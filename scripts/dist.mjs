// Makes dist/, what the host serves: the handler page as it is but smaller, and every module under
// a name that holds its content's hash, with a brotli and a gzip copy beside it.
//
//     node scripts/dist.mjs --glue DIR [--out DIR]
//
// --glue: the folder wasm-bindgen wrote worker.js and worker_bg.wasm to.
// Every www/adapters/*.js is taken along, with whatever it imports in the same file: drop yours there,
// and choose it with `b24-host --adapter`. What is in folders there is for them to import. Of one that
// exports `inHub` there is a second file, signalling/NAME.js, which needs no page; media.js is its other half.
// Bundles lose the notices of what is in them: THIRD-PARTY-NOTICES.txt carries those.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

import { adapters, bundle, hubBundle } from './bundles.mjs';
import { errorsPage } from './errors-page.mjs';
import { cratesOfHost, cratesOfModules, notices, packagesOf } from './notices.mjs';
import { optionTypes } from './options.mjs';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const { values: options } = parseArgs({
  options: { glue: { type: 'string' }, out: { type: 'string', default: join(ROOT, 'dist') } },
});
if (!options.glue) {
  console.error('dist.mjs: --glue DIR is missing: the folder wasm-bindgen wrote worker.js to');
  process.exit(2);
}

// Made aside and put in place at the end: who starts a host meanwhile finds the old one, whole.
const made = `${options.out.replace(/\/+$/, '')}.new`;
const assets = join(made, 'assets');
rmSync(made, { recursive: true, force: true });
mkdirSync(assets, { recursive: true });

const manifest = {};
const metafiles = [];
add('worker_bg.wasm', readFileSync(join(options.glue, 'worker_bg.wasm')));
add('worker.js', await minified(join(options.glue, 'worker.js'), true));
add('hub_bg.wasm', readFileSync(join(options.glue, 'hub/hub_bg.wasm')));
add('hub.js', await minified(join(ROOT, 'www/hub/hub.js'), true));
add('boot.js', await minified(join(ROOT, 'www/boot.js'), true));
add('direct.js', await minified(join(ROOT, 'www/direct.js'), true));
add('account.js', await minified(join(ROOT, 'www/account/account.js'), true));
add('connection.js', await minified(join(ROOT, 'www/app/connection.js'), true));
add('callbacks.js', await minified(join(ROOT, 'www/callbacks/taken.js'), true));
add('diagnostics.js', await minified(join(ROOT, 'www/diagnostics.js'), true));
add('texts.js', await minified(join(ROOT, 'www/texts.js'), true));
add('recorder.js', await minified(join(ROOT, 'www/recording/recorder.js'), true));
for (const name of adapters()) {
  const page = await bundle(join(ROOT, 'www/adapters', name), { minify: true });
  metafiles.push(page.metafile);
  add(`adapters/${name}`, Buffer.from(page.text));
  if (page.exports.includes('inHub')) {
    const hub = await hubBundle(name, { minify: true });
    metafiles.push(hub.metafile);
    add(`signalling/${name}`, Buffer.from(hub.text));
  }
}
add('media.js', await minified(join(ROOT, 'www/media/serve.js'), true));
add('errors.html', Buffer.from(errorsPage()));
writeFileSync(join(made, 'service-worker.js'), await minified(join(ROOT, 'www/service-worker.js'), true));
writeFileSync(join(made, 'options.json'), `${JSON.stringify(optionTypes())}\n`);
writeFileSync(join(made, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
const page = await smaller(readFileSync(join(ROOT, 'www/handler.html'), 'utf8'));
writeFileSync(join(made, 'handler.html'), page);
tell('handler.html', Buffer.from(page));
writeFileSync(join(made, 'THIRD-PARTY-NOTICES.txt'), notices([...cratesOfModules(), ...cratesOfHost(), ...packagesOf(metafiles)]));
rmSync(options.out, { recursive: true, force: true });
renameSync(made, options.out);

/** Writes one asset under its hashed name. */
function add(name, bytes) {
  const hash = createHash('sha256').update(bytes).digest('hex').slice(0, 10);
  const [, stem, ending] = /([^/]+)(\.[^.]+)$/.exec(name);
  manifest[name] = `${stem}.${hash}${ending}`;
  const path = join(assets, manifest[name]);
  writeFileSync(path, bytes);
  writeFileSync(`${path}.br`, brotli(bytes));
  writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  tell(`assets/${manifest[name]}`, bytes);
}

// What a module imports is bundled with it, so that it costs one request. The glues find their wasm by
// the address they are given.
async function minified(path, bundle) {
  const result = await build({
    entryPoints: [path],
    bundle,
    alias: { 'b24-hub-glue': join(options.glue, 'hub/hub.js') },
    minify: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    metafile: true,
    legalComments: 'none',
    logLevel: 'warning',
  });
  metafiles.push(result.metafile);
  return Buffer.from(result.outputFiles[0].contents);
}

/** The page without its comments, its script in one and minified: these bytes stand on the portal's load clock. */
async function smaller(html) {
  const [, open, code, close] = /(<script nonce="[^"]*">)([\s\S]*?)(<\/script>)/.exec(html);
  const { outputFiles: [script] } = await build({
    stdin: { contents: code, resolveDir: join(ROOT, 'www') },
    bundle: true,
    minify: true,
    format: 'iife',
    target: 'es2022',
    write: false,
    logLevel: 'warning',
  });
  const [before, after] = html.split(open + code + close);
  const tight = (part) => part.replace(/<!--[\s\S]*?-->/g, '').replace(/^\s+/gm, '');
  return tight(before) + open + script.text.trim() + close + tight(after);
}

function brotli(bytes) {
  return brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });
}

function tell(name, bytes) {
  console.log(`${name.padEnd(44)} ${String(bytes.length).padStart(8)} B ${String(brotli(bytes).length).padStart(8)} B brotli`);
}
