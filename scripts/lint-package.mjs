// pkg/ as publint and "are the types wrong?" see it: what each kind of module resolution makes of its exports.
//
//     node scripts/lint-package.mjs      (after build_package)

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const PKG = fileURLToPath(new URL('../pkg', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'b24-lint-'));
const problems = [];
try {
  const { stdout, stderr, status } = spawnSync('npm', ['pack', '--json', '--pack-destination', folder], { cwd: PKG, encoding: 'utf8' });
  if (status !== 0) throw new Error(`npm pack failed: ${stderr}`);
  const tarball = readFileSync(join(folder, JSON.parse(stdout)[0].filename));

  const { messages } = await publint({ pkgDir: PKG, strict: true, pack: 'npm' });
  const manifest = JSON.parse(readFileSync(join(PKG, 'package.json'), 'utf8'));
  problems.push(...messages.filter(({ type }) => type !== 'suggestion').map((it) => `publint: ${formatMessage(it, manifest)}`));

  // Neither a wasm file, nor the SharedWorker's script, nor the page of error codes is imported by anybody.
  const excludeEntrypoints = [/\.wasm$/, './hub.js', './errors.html'];
  const analysis = await checkPackage(createPackageFromTarballData(new Uint8Array(tarball)), { excludeEntrypoints });
  // An ES module that CommonJS code can only `import()`: so it is meant, for a page has no CommonJS.
  // The old resolution of Node.js 10 knows no `exports`.
  const meant = ({ kind, resolutionKind }) => kind === 'CJSResolvesToESM' || resolutionKind === 'node10';
  const wrong = (analysis.problems ?? []).filter((it) => !meant(it));
  problems.push(...wrong.map((it) => `types: ${it.kind} at ${it.entrypoint ?? it.fileName ?? ''} (${it.resolutionKind ?? ''})`));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
for (const problem of problems) console.log(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
