// The adapter as the page gets it: bundled by esbuild where that is installed, else as it stands.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, relative, resolve, sep } from 'node:path';
import { pathToFileURL } from 'node:url';

/**
 * @param {string} path of the module
 * @param {string} root what of the disk is served as it stands
 * @param {string} name what it is served as, where it is bundled
 * @returns its address, and what `serve` answers there if it was bundled
 */
export async function moduleAt(path, root, name) {
  const file = resolve(path);
  if (!existsSync(file)) throw new Error(`there is no file ${path}`);
  const esbuild = await esbuildOf(file);
  if (!esbuild) return { address: `/files/${relative(root, file).split(sep).map(encodeURIComponent).join('/')}` };
  const { outputFiles: [{ text }] } = await esbuild.build({
    entryPoints: [file],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    sourcemap: 'inline',
    logLevel: 'silent',
  });
  return { address: name, answer: { type: 'text/javascript', body: text } };
}

/** The esbuild of the adapter's own project. */
async function esbuildOf(file) {
  try {
    const found = createRequire(file).resolve('esbuild');
    const { default: esbuild } = await import(pathToFileURL(found));
    return esbuild;
  } catch (error) {
    if (error.code === 'MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** The folder that both modules, and what they import by relative paths, are in. */
export function rootOf(paths) {
  const cwd = process.cwd();
  const isInside = (path) => !relative(cwd, resolve(path)).startsWith('..');
  return paths.every(isInside) ? cwd : commonFolder(paths.map((path) => dirname(resolve(path))));
}

function commonFolder([first, ...others]) {
  let folder = first;
  while (others.some((it) => it !== folder && !it.startsWith(folder + sep)) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
