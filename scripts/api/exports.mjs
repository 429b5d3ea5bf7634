// What a package declares, held against what an earlier one did: what is gone, and what has another type.
//
// Names are looked for by walking the declarations, as the compiler misses no optional property that is gone. The rest is
// the compiler's to say: what is exported now must do wherever what was exported then did. Whether a type may become wider
// or narrower follows from where the exported classes and functions have it: what is given to them, or what they give.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { API, SymbolFlags } from 'typescript/unstable/sync';

import { copyDeclarations, grown, withFunctions } from './copy.mjs';
import { Walk } from './walk.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** Of which docs/versioning.md says that there may be new ones. */
const MAY_GROW = ['CallCardErrorCode', 'SoftphoneEvent'];

/**
 * @param {string} was the folder of a package
 * @param {string} now the folder of a later one
 * @returns {string[]} what code made for the first would miss
 */
export function differences(was, now) {
  const { entries, gone } = entriesOf(was, now);
  mkdirSync(join(ROOT, 'target'), { recursive: true });
  // Where the compiler finds the packages that declarations import.
  const work = mkdtempSync(join(ROOT, 'target/declared-'));
  const compiler = new API({ cwd: ROOT });
  try {
    const at = (name) => join(work, name);
    const project = open(compiler, at('names.json'), [...copyDeclarations(was, at('was')), ...copyDeclarations(now, at('now'))]);
    const { lost, kept } = lostNames(project, work, entries);
    const strictly = (folder) => (_, path) => withFunctions(project.program.getSourceFile(join(folder, path)));
    copyDeclarations(at('was'), at('strict-was'), strictly(at('was')));
    copyDeclarations(at('now'), at('strict-now'), strictly(at('now')));
    copyDeclarations(at('strict-was'), at('grown'), grown(at('grown'), at('strict-now'), MAY_GROW));
    return [...gone, ...lost, ...changedTypes(compiler, work, kept)];
  } finally {
    compiler.close();
    rmSync(work, { recursive: true, force: true });
  }
}

/** The entries that have declarations, and what can't be imported or run any more. */
function entriesOf(was, now) {
  const [before, after] = [was, now].map((folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  const entries = [];
  const gone = Object.keys(before.bin ?? {}).filter((it) => !after.bin?.[it]).map((it) => `the command ${it} is gone`);
  for (const [path, { types }] of Object.entries(before.exports)) {
    const name = `${before.name}${path.slice(1)}`;
    const kept = after.exports[path];
    if (!kept) gone.push(`${name} can't be imported any more`);
    else if (types && !kept.types) gone.push(`${name} has no types any more`);
    else if (types) entries.push({ name, was: types, now: kept.types });
  }
  return { entries, gone };
}

function open(compiler, config, files) {
  const { compilerOptions } = JSON.parse(readFileSync(join(ROOT, 'scripts/types.tsconfig.json'), 'utf8'));
  writeFileSync(config, JSON.stringify({ compilerOptions: { ...compilerOptions, paths: {} }, files }));
  return compiler.updateSnapshot({ openProjects: [config] }).getProject(config);
}

/** Names that are gone; and the values, by entry, that have theirs all. */
function lostNames({ program, checker }, work, entries) {
  const exportsOf = (path) => new Map(checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(path)))
    .map((it) => [it.name, it.flags & SymbolFlags.Alias ? checker.getAliasedSymbol(it) : it]));
  const lost = new Map(); // a type's member is told once, wherever the type is met
  const kept = [];
  for (const entry of entries) {
    const after = exportsOf(join(work, 'now', entry.now));
    for (const [name, before] of exportsOf(join(work, 'was', entry.was))) {
      const found = after.has(name) ? new Walk(checker, join(work, 'was')).lost(name, before, after.get(name)) : [name];
      for (const it of found) if (it === name || !lost.has(it)) lost.set(it === name ? `${it} ${entry.name}` : it, `${it} of ${entry.name} is gone`);
      if (found.length === 0 && before.flags & SymbolFlags.Value) kept.push({ ...entry, exported: name });
    }
  }
  return { lost: lost.values(), kept };
}

/** The compiler's words on each exported value that does no longer where it did. */
function changedTypes(compiler, work, kept) {
  const path = (folder, file) => JSON.stringify(`./${relative(work, join(work, folder, file)).replace(/\.d\.ts$/, '.js')}`);
  const lines = kept.map(({ was, now, exported }, at) =>
    `export const it${at}: typeof import(${path('grown', was)}).${exported} = null! as typeof import(${path('strict-now', now)}).${exported};`);
  const file = join(work, 'check.ts');
  const text = lines.join('\n');
  writeFileSync(file, text);
  return open(compiler, join(work, 'types.json'), [file]).program.getSemanticDiagnostics().map((problem) => {
    // What can't be read could be anything, and would do everywhere.
    if (problem.fileName !== file) return `${relative(work, problem.fileName)} can't be read: ${problem.text}`;
    const { name, exported } = kept[text.slice(0, problem.pos).split('\n').length - 1];
    return [`${exported} of ${name} has another type:`, ...reasons(problem)].join('\n  ');
  });
}

/** Where types differ, and at last how. */
function reasons({ text, messageChain = [] }) {
  const short = text.replace(/import\("[^"]*"\)\./g, '').replace(/ with 'exactOptionalPropertyTypes.*/, '');
  const below = messageChain.flatMap(reasons);
  return /^Type '/.test(text) && below.length > 0 ? below : [short, ...below];
}
