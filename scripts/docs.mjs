// The documentation as a site: the markdown of docs/ and of the repository's root, a page for each error code,
// the references of both languages, every link followed.
//
//     node scripts/docs.mjs            builds target/site/dist and serves it
//     node scripts/docs.mjs --build    builds it, and says what it found
//
// It wants pkg/ and what `cargo doc` has made: ./build.sh docs sees to both.

import { cpSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, serve } from 'vitepress';

import { freePort } from '../tests/support/servers.mjs';
import { brokenLinks } from './docs-links.mjs';
import { gather } from './docs-pages.mjs';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const SITE = join(ROOT, 'target/site');
const DOCS = join(ROOT, 'docs');
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
/** What rustdoc has made, and where the site has it: the worker as it is in a browser, and the servers. */
const RUSTDOC = { rust: join(TARGET, 'wasm32-unknown-unknown/doc'), 'rust-servers': join(TARGET, 'doc') };

for (const made of [join(ROOT, 'pkg/worker.d.ts'), ...Object.values(RUSTDOC)]) {
  if (!existsSync(made)) fail([`${made} is missing: ./build.sh docs makes it`]);
}
rmSync(SITE, { recursive: true, force: true });
const { pages, problems } = gather(ROOT, join(SITE, 'pages'));
if (problems.length > 0) fail(problems);
reference(join(SITE, 'pages/api'));
await build(DOCS, { logLevel: 'warn' });
for (const [name, folder] of Object.entries(RUSTDOC)) cpSync(folder, join(SITE, 'dist', name), { recursive: true });
const { broken, followed } = brokenLinks(join(SITE, 'dist'), { leaveOut: Object.keys(RUSTDOC) });
if (broken.length > 0) fail(broken);
console.log(`target/site/dist: ${pages} pages, ${followed} links, none broken`);

if (!process.argv.includes('--build')) await serve({ root: DOCS, port: await freePort(4173) });

/** The JavaScript API, from the declarations of what the package exports. */
function reference(out) {
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'pkg/package.json'), 'utf8'));
  const declared = Object.values(exports).flatMap(({ types }) => types ?? []);
  const entries = ['./adapters/sip-options.d.ts', ...declared].flatMap((path) => ['--entryPoints', join(ROOT, 'pkg', path)]);
  const typedoc = join(DOCS, 'node_modules/typedoc/bin/typedoc');
  const { status, stdout, stderr } = spawnSync(process.execPath, [typedoc, ...entries, '--out', out], { cwd: DOCS, encoding: 'utf8' });
  if (status !== 0 || /\bwarning\b/.test(stdout + stderr)) fail([stdout + stderr]);
}

function fail(problems) {
  for (const problem of problems) console.error(problem);
  process.exit(1);
}
