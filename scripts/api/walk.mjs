// Names that a declaration has lost: properties and methods at any depth, and the words that a text may be.

import { ObjectFlags, SignatureKind, SymbolFlags, TypeFlags } from 'typescript/unstable/sync';

const parts = (types) => types.flatMap((it) => (it.isUnionType() || it.isIntersectionType() ? parts(it.getTypes()) : [it]));

export class Walk {
  #checker;
  #folder;
  #seen = new Set();
  #lost = new Set();

  /**
   * @param checker the compiler's
   * @param {string} folder of the earlier declarations; what is declared outside, a browser's types say, is not walked into
   */
  constructor(checker, folder) {
    this.#checker = checker;
    this.#folder = folder;
  }

  /** @returns {string[]} what of the symbol `was` the symbol `now` lacks, from `name` on */
  lost(name, was, now) {
    const typesOf = [
      (it) => (it.flags & SymbolFlags.Type ? [this.#checker.getDeclaredTypeOfSymbol(it)] : []),
      (it) => (it.flags & SymbolFlags.Value ? [this.#checker.getTypeOfSymbol(it)] : []),
    ];
    for (const types of typesOf) this.#walk(name, types(was), types(now));
    return [...this.#lost];
  }

  #walk(path, was, now) {
    const [before, after] = [parts(was), parts(now)];
    path = was.find((it) => it.getAliasSymbol())?.getAliasSymbol().name ?? path;
    if (before.length === 0 || after.some((it) => it.flags & TypeFlags.Any)) return;
    if (after.length === 0) return this.#lost.add(path);
    const words = new Set(after.filter((it) => it.isStringLiteralType()).map((it) => it.value));
    const isAnyText = after.some((it) => it.flags & TypeFlags.String);
    for (const part of before) {
      if (part.isStringLiteralType()) {
        if (!isAnyText && !words.has(part.value)) this.#lost.add(`'${part.value}' in ${path}`);
      } else if (part.flags & TypeFlags.Object && !this.#seen.has(part.id)) {
        this.#seen.add(part.id);
        this.#members(path, part, after);
        this.#arguments(path, part, after);
        this.#calls(path, part, after);
      }
    }
  }

  #members(path, was, now) {
    for (const property of this.#checker.getPropertiesOfType(was)) {
      if (property.name.startsWith('__') || !property.declarations.some((at) => at.path.startsWith(this.#folder))) continue;
      const owner = property.getParent()?.name ?? '__';
      const name = `${owner.startsWith('__') ? path : owner}.${property.name}`;
      const kept = now.flatMap((it) => this.#checker.getPropertyOfType(it, property.name) ?? []);
      if (kept.length === 0) this.#lost.add(name);
      else this.#walk(name, [this.#checker.getTypeOfSymbol(property)], kept.map((it) => this.#checker.getTypeOfSymbol(it)));
    }
  }

  /** Of a promise, an array or the like: what it holds. */
  #arguments(path, was, now) {
    const held = (type) => (type.flags & TypeFlags.Object && type.objectFlags & ObjectFlags.Reference ? this.#checker.getTypeArguments(type) : []);
    const alike = now.filter((it) => it.getSymbol()?.name === was.getSymbol()?.name);
    for (const [index, type] of held(was).entries()) this.#walk(path, [type], alike.flatMap((it) => held(it)[index] ?? []));
  }

  /** What a function takes, and what it gives. */
  #calls(path, was, now) {
    const callOf = (type) => this.#checker.getSignaturesOfType(type, SignatureKind.Call)[0];
    const [before, after] = [callOf(was), now.flatMap((it) => callOf(it) ?? [])];
    if (!before || after.length === 0) return; // that is the compiler's to tell
    for (const [index, parameter] of before.getParameters().entries()) {
      const kept = after.filter((it) => it.getParameters().length > index);
      const types = [[before], kept].map((calls) => calls.map((it) => this.#checker.getParameterType(it, index)));
      if (kept.length > 0) this.#walk(`${path}(${parameter.name})`, ...types);
    }
    this.#walk(`${path}()`, ...[[before], after].map((calls) => calls.map((it) => this.#checker.getReturnTypeOfSignature(it))));
  }
}
