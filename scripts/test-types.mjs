// Compiles each file of tests/types by itself, as a user's project would, against the packed
// typings. A file is one test; what must not compile stands under `@ts-expect-error` in it.

import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const folder = join(ROOT, 'tests/types');
const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.ts')) : [];
const base = JSON.parse(readFileSync(join(ROOT, 'scripts/types.tsconfig.json'), 'utf8'));

// Beside scripts/, so that the relative paths of the shared configuration hold.
const work = mkdtempSync(join(ROOT, 'target/types-'));
let failed = 0;
try {
  for (const name of files) {
    const project = join(work, `${name}.json`);
    const paths = Object.fromEntries(
      Object.entries(base.compilerOptions.paths).map(([key, list]) => [key, list.map((path) => join(ROOT, 'scripts', path))]),
    );
    writeFileSync(project, JSON.stringify({ compilerOptions: { ...base.compilerOptions, paths }, files: [join(folder, name)] }));
    const { status, stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['--project', project], { encoding: 'utf8' });
    if (status === 0) {
      console.log(`✓ ${name}`);
    } else {
      failed++;
      console.log(`✗ ${name}\n${stdout}${stderr}`);
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
if (files.length === 0) console.log('tests/types has no .ts file');
console.log(`${files.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 || files.length === 0 ? 1 : 0;
