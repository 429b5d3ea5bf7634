// The public API held against a release's: what its users' code would miss is told with the cure, unless the version says
// that it may. The crate's is cargo-semver-checks' to judge: scripts/api.sh sees to both.
//
//     node scripts/api.mjs --since NAME --was FOLDER --now FOLDER
//
// Each folder is a tree of the repository. The earlier one has the package of then in released/, and today's as pkg/.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { differences } from './api/exports.mjs';
import { errorPages } from './docs-pages.mjs';

const { values: { since, was, now } } = parseArgs({ options: { since: { type: 'string' }, was: { type: 'string' }, now: { type: 'string' } } });

const [before, after] = [join(was, 'released'), join(now, 'pkg')].map((folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version);
const problems = [...differences(join(was, 'released'), join(now, 'pkg')), ...lostCodes(), ...brokenUses()];
for (const problem of problems) console.log(`- ${problem}`);
console.log(verdict());
process.exitCode = problems.length > 0 && !mayBreak() ? 1 : 0;

function verdict() {
  if (problems.length === 0) return `package and error codes: all that ${since} has is there`;
  if (mayBreak()) return `${after} may break what used ${before}: CHANGELOG.md says how to go on from each of these`;
  const number = after.startsWith('0.') ? 'second' : 'first';
  return `${after} may not break what used ${before} (${since}): keep the old names and types, or raise the ${number} number of the version in Cargo.toml`;
}

/** As long as the first number is 0, the second takes its place. */
function mayBreak() {
  const [[first, second], [laterFirst, laterSecond]] = [before, after].map((it) => it.split('.').map(Number));
  return laterFirst > first || (first === 0 && laterFirst === 0 && laterSecond > second);
}

function lostCodes() {
  const codes = (folder) => errorPages(readFileSync(join(folder, 'docs/errors.md'), 'utf8')).map(({ code }) => code);
  const there = codes(now);
  return codes(was).filter((it) => !there.includes(it)).map((it) => `the error code ${it} is gone from docs/errors.md`);
}

/** The tests of types and the documents' blocks of then, compiled as they were then, with today's package. */
function brokenUses() {
  expectLess(join(was, 'tests/types'));
  return ['test-types.mjs', 'docs-blocks.mjs'].flatMap((script) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(was, 'scripts', script)], { cwd: was, encoding: 'utf8' });
    return status === 0 ? [] : [`scripts/${script} of ${since} fails with today's package:\n${stdout}${stderr}`.trim().replaceAll('\n', '\n    ')];
  });
}

/** What did not compile then may today. */
function expectLess(folder) {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    const path = join(folder, name);
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('@ts-expect-error', '@ts-ignore'));
  }
}
