// The copyright notices and licences of everything that is shipped and not ours, as one text: of the crates in
// the two wasm modules (and in the host, which dist/ is shipped with), and of the npm packages in the bundles.
// Read from what was really compiled and bundled, so that a new dependency brings its own along.

import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const standardTexts = createRequire(import.meta.url)('spdx-license-list/full');
const ROOT = fileURLToPath(new URL('../', import.meta.url));
const OURS = ['b24-background-worker', 'b24-host', 'b24-simulator'];
const LEGAL = /^(licen[cs]e|copying|notice|copyright)/i;

/** The crates in the worker's and the hub's module. */
export const cratesOfModules = () => crates('b24-background-worker', ['--filter-platform', 'wasm32-unknown-unknown', '--features', 'js,js-hub']);

/** The crates in the host, as the container has it. */
export const cratesOfHost = () => crates('b24-host', ['--filter-platform', 'x86_64-unknown-linux-gnu']);

/** The npm packages that esbuild's metafiles name as inputs. */
export function packagesOf(metafiles) {
  const folders = new Set();
  for (const path of metafiles.flatMap((it) => Object.keys(it.inputs))) {
    const [, folder] = /^(?:.*\/)?(node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
    if (folder) folders.add(folder);
  }
  return [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
    return { name, version, license, folder: join(ROOT, folder) };
  });
}

/** One text for all of them. What carries no licence of its own is an error: its terms could not be met. */
export function notices(parts) {
  const sorted = [...new Map(parts.map((it) => [`${it.name} ${it.version}`, it])).entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  // Many crates have the very same text: it is printed once, under all their names.
  const byText = new Map();
  for (const [title, part] of sorted) {
    const text = legalTexts(part);
    byText.set(text, [...(byText.get(text) ?? []), `${title} (${part.license})`]);
  }
  const chapters = [...byText].map(([text, titles]) => `${titles.join('\n')}\n\n${text}\n`);
  return `b24-background-worker is shipped with parts of others. These are their notices.\n\n${chapters.join(`\n${'-'.repeat(78)}\n\n`)}`;
}

function legalTexts({ name, version, license, authors, folder }) {
  const all = readdirSync(folder, { withFileTypes: true }).filter((it) => it.isFile() && LEGAL.test(it.name)).map((it) => it.name).sort();
  // Of several licences to choose from, the shortest will do; a notice is never left out.
  const short = all.filter((it) => /mit/i.test(it));
  const chosen = short.length > 0 ? all.filter((it) => short.includes(it) || /^notice/i.test(it)) : all;
  if (chosen.length > 0) return chosen.map((it) => readFileSync(join(folder, it), 'utf8').replaceAll('\r\n', '\n').trim()).join('\n\n');
  // Some packages only name their licence. Its text is the standard one, and the holders are their authors.
  const names = (license ?? '').split(/ OR | AND |\/|[()]/).filter((it) => it in standardTexts);
  const standard = standardTexts[names.includes('MIT') ? 'MIT' : names[0]]?.licenseText;
  if (!standard) throw new Error(`${name} ${version} (licence: ${license}) carries no licence text, so its terms cannot be met: replace it`);
  const holders = authors?.join(', ') || `the authors of ${name}`;
  return standard.replace(/<year> <(copyright holders|owner)>/, holders).trim();
}

// Everything a package is linked with, by normal dependencies; build scripts and macros leave nothing in it
// but what they wrote, and are taken along rather than told apart.
function crates(root, options) {
  const { status, stdout, stderr } = spawnSync('cargo', ['metadata', '--format-version', '1', '--locked', ...options], {
    cwd: ROOT, encoding: 'utf8', maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`cargo metadata failed: ${stderr}`);
  const { packages, resolve } = JSON.parse(stdout);
  const node = new Map(resolve.nodes.map((it) => [it.id, it]));
  const about = new Map(packages.map((it) => [it.id, it]));
  const found = new Set();
  const visit = (id) => {
    if (found.has(id)) return;
    found.add(id);
    for (const { pkg, dep_kinds: kinds } of node.get(id).deps) if (kinds.some(({ kind }) => kind === null)) visit(pkg);
  };
  visit(packages.find((it) => it.name === root).id);
  return [...found].map((id) => about.get(id)).filter((it) => !OURS.includes(it.name)).map(({ name, version, license, authors, manifest_path: path }) => {
    return { name, version, license, authors, folder: dirname(path) };
  });
}
