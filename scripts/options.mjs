// What the options of the worker and of each adapter may be, read out of their typings: dist.mjs puts it
// beside the files it is true of, as dist/options.json, and the host checks what it is started with
// against it. So there is no second list that could grow old.
//
//     { worker: { transfer: { types: ["string"], values: ["attended", "blind"] }, … }, recorder: { … }, adapters: { jssip: { … } } }

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { API, SignatureKind, TypeFlags } from 'typescript/unstable/sync';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const WORKER = join(ROOT, 'src/browser/exports.d.ts');
const RECORDER = join(ROOT, 'www/recording/recorder.d.ts');
const ADAPTERS = join(ROOT, 'www/adapters');

/** An adapter without typings takes whatever it is given. */
export function optionTypes() {
  const compiler = new API({ cwd: ROOT });
  try {
    const config = join(ROOT, 'scripts/options.tsconfig.json');
    const types = new Types(compiler.updateSnapshot({ openProjects: [config] }).getProject(config));
    const adapters = {};
    const typings = readdirSync(ADAPTERS).sort();
    for (const name of typings.filter((it) => it.endsWith('.js')).map((it) => it.slice(0, -3))) {
      const options = typings.includes(`${name}.d.ts`) && types.optionsOf(join(ADAPTERS, `${name}.d.ts`));
      if (options) adapters[name] = types.properties(options);
    }
    const worker = types.properties(types.exported(WORKER, 'StartOptions'));
    // Some are the page's own, though JSON could say something of the kind.
    for (const own of ['softphone', 'hub']) worker[own] = { types: ['function'] };
    const recorder = types.properties(types.exported(RECORDER, 'RecorderOptions'));
    recorder.owner = { types: ['function'] };
    return { worker, recorder, adapters };
  } finally {
    compiler.close();
  }
}

class Types {
  #program;
  #checker;

  constructor({ program, checker }) {
    this.#program = program;
    this.#checker = checker;
  }

  #export(path, name) {
    const module = this.#checker.getSymbolAtLocation(this.#program.getSourceFile(path));
    return this.#checker.getExportsOfModule(module).find((it) => it.name === name);
  }

  exported(path, name) {
    const symbol = this.#export(path, name);
    if (!symbol) throw new Error(`${path} exports no ${name}`);
    return this.#checker.getDeclaredTypeOfSymbol(symbol);
  }

  /** What an adapter's factory takes first. */
  optionsOf(path) {
    const factory = this.#export(path, 'default');
    const [signature] = factory ? this.#calls(this.#checker.getTypeOfSymbol(factory)) : [];
    const options = signature?.getParameters().length && this.#checker.getParameterType(signature, 0);
    return options && this.#checker.getNonNullableType(options);
  }

  /** Every property by name: of a union, those of each of its parts. */
  properties(type) {
    const found = {};
    for (const part of parts(type)) {
      for (const property of this.#checker.getPropertiesOfType(part)) {
        this.#describe(this.#checker.getTypeOfSymbol(property), (found[property.name] ??= { types: [] }));
      }
    }
    return found;
  }

  #calls(type) {
    return this.#checker.getSignaturesOfType(type, SignatureKind.Call);
  }

  #describe(type, into) {
    const add = (name) => into.types.includes(name) || into.types.push(name);
    for (const part of parts(type)) {
      if (part.flags & TypeFlags.Undefined) continue;
      if (part.flags & TypeFlags.BooleanLike) add('boolean');
      else if (part.flags & TypeFlags.NumberLike) add('number');
      else if (part.flags & TypeFlags.StringLike) {
        add('string');
        if (part.isStringLiteralType() && !into.values?.includes(part.value)) (into.values ??= []).push(part.value);
      } else if (this.#checker.isArrayType(part)) add('array');
      else if (this.#calls(part).length) add('function');
      else if (part.flags & TypeFlags.Object) {
        add('object');
        if (this.#isOurs(part)) into.properties = { ...into.properties, ...this.properties(part) };
      } else add('any');
    }
  }

  // A map takes any key, and what the browser itself defines is the browser's to check.
  #isOurs(type) {
    const properties = this.#checker.getPropertiesOfType(type);
    return properties.length > 0 && !properties.flatMap((it) => it.declarations).some((at) => /\/node_modules\/|^bundled:/.test(at.path));
  }
}

const parts = (type) => (type.isUnionType() ? type.getTypes() : [type]);

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(JSON.stringify(optionTypes(), null, 2));
