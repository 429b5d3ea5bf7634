// Measures what a browser downloads, by what loads it, raw, gzip -9 and brotli 11, against
// scripts/size-budget.json, which has a budget for each file and for each group:
//
//     page   every tab, for its whole life, whether it has the seat or not
//     hub    once per browser
//     direct a page that does without BX24.js
//     seat   the one tab with microphone and speaker, when it gets them
//     help   who follows the link of an error
//
// Prints JSON; exits 1 over a budget, and when dist/ has a file that nobody is said to load.
//
//     node scripts/size.mjs [--summary]      (--summary: a line for people instead)

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const DIST = join(ROOT, 'dist');
const KINDS = ['raw', 'gzip', 'brotli'];
/** Softphones are the integrator's to choose and to bring: the one that is measured stands in the budget. */
const CHOSEN = /^(adapters|signalling)\//;
const budgets = JSON.parse(readFileSync(join(ROOT, 'scripts/size-budget.json'), 'utf8'));
const hashed = JSON.parse(readFileSync(join(DIST, 'manifest.json'), 'utf8'));
const problems = [];

const groups = Object.entries(budgets).map(([name, { files: budgeted, ...budget }]) => {
  const files = Object.entries(budgeted).map(([file, its]) => judged(file, sizesOf(file), its));
  const total = Object.fromEntries(KINDS.map((kind) => [kind, files.reduce((n, file) => n + file[kind], 0)]));
  return { ...judged(name, total, budget), files };
});
const known = new Set(groups.flatMap(({ files }) => files.map(({ name }) => name)));
for (const name of Object.keys(hashed)) {
  if (!known.has(name) && !CHOSEN.test(name)) problems.push(`${name} is in dist/ and in no group of scripts/size-budget.json: say what loads it`);
}
const ok = problems.length === 0;

if (process.argv.includes('--summary')) {
  console.log(`pkg/   the npm package, version ${JSON.parse(readFileSync(join(ROOT, 'pkg/package.json'), 'utf8')).version}`);
  console.log(`dist/  brotli: ${groups.map(({ name, brotli, files }) => `${name} ${kB(brotli)} (${files.map((file) => `${file.name} ${kB(file.brotli)}`).join(', ')})`).join('; ')}`);
} else {
  console.log(JSON.stringify({ groups, problems, ok }, null, 2));
}
for (const problem of problems) console.error(`size: ${problem}`);
process.exitCode = ok ? 0 : 1;

function sizesOf(name) {
  const path = name === 'handler.html' ? join(DIST, name) : join(DIST, 'assets', hashed[name] ?? '');
  if (!existsSync(path) || (name !== 'handler.html' && !hashed[name])) {
    throw new Error(`${name} has a budget but is not in dist/: build it, or take it out of scripts/size-budget.json`);
  }
  const bytes = readFileSync(path);
  return { raw: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length, brotli: brotli(bytes) };
}

function judged(name, sizes, budget) {
  const over = KINDS.filter((kind) => sizes[kind] > budget[kind]);
  for (const kind of over) problems.push(`${name} is over its budget: ${sizes[kind]} B ${kind}, and ${budget[kind]} B are allowed`);
  return { name, ...sizes, budget, ok: over.length === 0 };
}

function brotli(bytes) {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length;
}

function kB(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
