// Copies a package's declarations so that the compiler judges them as strictly as it can.

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { isIdentifier, isMethodDeclaration, isMethodSignatureDeclaration } from 'typescript/unstable/ast';

/** What wasm-bindgen's modules have for its own code, named by hashes. */
const INTERNAL = /(?<=^export interface InitOutput )\{[^}]*\}/m;

/**
 * @param {string} from a package's folder
 * @param {string} to where its declarations go
 * @param {(text: string, path: string) => string} [change] of each file
 * @returns {string[]} the copies
 */
export function copyDeclarations(from, to, change = (text) => text.replace(INTERNAL, '{ readonly memory: WebAssembly.Memory }')) {
  return readdirSync(from, { recursive: true }).filter((it) => it.endsWith('.d.ts')).map((path) => {
    mkdirSync(dirname(join(to, path)), { recursive: true });
    writeFileSync(join(to, path), change(readFileSync(join(from, path), 'utf8'), path));
    return join(to, path);
  });
}

/**
 * A file with its methods as properties that are functions: of a method's parameters the compiler takes wider ones and
 * narrower ones, of a function's only the former. Constructors stay as they are.
 */
export function withFunctions(file) {
  const { text } = file;
  const edits = []; // where, how many characters, by what
  const visit = (node) => {
    if ((isMethodDeclaration(node) || isMethodSignatureDeclaration(node)) && node.type && isIdentifier(node.name)) {
      edits.push([node.name.end + (text[node.name.end] === '?' ? 1 : 0), 0, ': '], [node.type.pos - 1, 1, ' =>']);
    }
    node.forEachChild(visit);
  };
  file.forEachChild(visit);
  edits.sort(([a], [b]) => b - a);
  return edits.reduce((whole, [at, length, by]) => whole.slice(0, at) + by + whole.slice(at + length), text);
}

/**
 * What the earlier declarations are to have of the later ones: types that may grow; and, outside of its own module, the
 * worker, which nobody makes but the package: who hands it back to `record`, say, has the later one.
 *
 * @param {string} was the folder of copied declarations
 * @param {string} now the later ones'
 * @param {string[]} growing names of types
 */
export function grown(was, now, growing) {
  const declares = (name, statement) => statement.startsWith(`export type ${name} =`);
  return (text, path) => {
    const later = (file) => JSON.stringify(relative(join(was, dirname(path)), join(now, file)).replace(/(\.d)?\.[jt]s$/, '.js'));
    const there = existsSync(join(now, path)) ? statements(readFileSync(join(now, path), 'utf8')) : [];
    return statements(text).map((statement) => {
      const name = growing.find((it) => declares(it, statement) && there.some((other) => declares(it, other)));
      if (name) return `import type { ${name} } from ${later(path)};\nexport type { ${name} };\n`;
      return statement.replace(/^(import .* from )'(\S*\/worker\.js)';/, (_, start, module) => `${start}${later(join(dirname(path), module))};`);
    }).join('');
  };
}

const statements = (text) => text.split(/^(?=export |import |\/\*\*)/m);
