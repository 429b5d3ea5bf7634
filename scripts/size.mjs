// Measures what a browser downloads before a call can ring: every file on the load path, raw,
// gzip -9 and brotli 11, against scripts/size-budget.json, by what loads it: each page, the hub once per
// browser, or the page that has the seat. Prints JSON; exits 1 over a budget.
//
//     node scripts/size.mjs [--summary]      (--summary: a line for people instead)

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const DIST = join(ROOT, 'dist');
const budgets = JSON.parse(readFileSync(join(ROOT, 'scripts/size-budget.json'), 'utf8'));
const hashed = JSON.parse(readFileSync(join(DIST, 'manifest.json'), 'utf8'));

const files = Object.entries(budgets).map(([name, { by = 'page', ...budget }]) => {
  const path = name === 'handler.html' ? join(DIST, name) : join(DIST, 'assets', hashed[name] ?? '');
  if (!existsSync(path) || (name !== 'handler.html' && !hashed[name])) {
    throw new Error(`${name} has a budget but is not in dist/: build it, or take it out of scripts/size-budget.json`);
  }
  const bytes = readFileSync(path);
  const sizes = { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli(bytes) };
  const over = Object.keys(budget).filter((kind) => sizes[kind] > budget[kind]);
  return { name, by, ...sizes, budget, ok: over.length === 0 };
});
const sum = (files) => Object.fromEntries(['raw', 'gzip', 'brotli'].map((kind) => [kind, files.reduce((n, file) => n + file[kind], 0)]));
// A hub has the signalling of one softphone: the largest counts.
const largest = files.filter(({ name }) => name.startsWith('signalling/')).sort((one, other) => other.brotli - one.brotli)[0];
const loads = (file) => !file.name.startsWith('signalling/') || file === largest;
const loadedBy = Object.fromEntries(['page', 'hub', 'seat'].map((by) => [by, sum(files.filter((file) => file.by === by && loads(file)))]));
const total = loadedBy.page;
const ok = files.every((file) => file.ok);

if (process.argv.includes('--summary')) {
  console.log(`pkg/   the npm package, version ${JSON.parse(readFileSync(join(ROOT, 'pkg/package.json'), 'utf8')).version}`);
  console.log(`dist/  ${files.map((file) => `${file.name} ${kB(file.brotli)}`).join(', ')}; ${kB(total.brotli)} brotli in each page`);
} else {
  console.log(JSON.stringify({ files, total, loadedBy, ok }, null, 2));
}
for (const file of files) {
  if (!file.ok) console.error(`size: ${file.name} is over its budget: ${JSON.stringify(file)}`);
}
process.exitCode = ok ? 0 : 1;

function brotli(bytes) {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length;
}

function kB(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
