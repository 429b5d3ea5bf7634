// What is bundled of the softphones, and how: for a page, and for the hub in a SharedWorker.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('../', import.meta.url));
const ADAPTERS = join(ROOT, 'www/adapters');
const BUNDLED = { bundle: true, format: 'esm', target: 'es2022', write: false, legalComments: 'none', logLevel: 'warning' };

/** The adapters there are, by their file names. */
export const adapters = () => readdirSync(ADAPTERS).filter((name) => name.endsWith('.js')).sort();

/** A module with whatever it imports, so that it costs one request. Gives the text, the names it exports and what it is made of. */
export async function bundle(path, options = {}) {
  return made(await build({ ...BUNDLED, entryPoints: [path], metafile: true, ...options }));
}

/** Of an adapter what runs in a SharedWorker: `inHub`, and nothing that needs a page. */
export async function hubBundle(name, options = {}) {
  return made(
    await build({
      ...BUNDLED,
      stdin: { contents: `export { inHub } from './${name}';`, resolveDir: ADAPTERS },
      inject: [join(ADAPTERS, 'signalling/no-window.js')],
      metafile: true,
      ...options,
    }),
  );
}

function made({ outputFiles: [{ text }], metafile }) {
  return { text, exports: Object.values(metafile.outputs)[0].exports, metafile };
}
