// Copies a package's declarations so that the compiler judges them as strictly as it can.

import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** A method in one line: of a method's parameters the compiler takes wider ones and narrower ones, of a function's only the former. */
const METHOD = /^([ ]+(?:static )?\w+\??)(<[^()]*>)?(\(.*\)): (.*;)$/gm;
/** What wasm-bindgen's modules have for its own code, named by hashes. */
const INTERNAL = /(?<=^export interface InitOutput )\{[^}]*\}/m;

/**
 * @param {string} from a package's folder
 * @param {string} to where its declarations go
 * @param {(text: string, path: string) => string} [change] of each file
 */
export function copyDeclarations(from, to, change = (text) => text) {
  for (const path of readdirSync(from, { recursive: true }).filter((it) => it.endsWith('.d.ts'))) {
    const text = readFileSync(join(from, path), 'utf8')
      .replace(INTERNAL, '{ readonly memory: WebAssembly.Memory }')
      .replace(METHOD, (_, name, generic = '', given, back) => `${name}: ${generic}${given} => ${back}`);
    mkdirSync(dirname(join(to, path)), { recursive: true });
    writeFileSync(join(to, path), change(text, path));
  }
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
