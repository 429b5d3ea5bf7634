// Builds beside the one in dist/, for hosts that are put up anew while pages of it are open.

import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ROOT } from './servers.mjs';

/** A copy of what the build has made. */
export async function copyOfBuild() {
  const dist = await mkdtemp(join(tmpdir(), 'b24-build-'));
  await cp(join(ROOT, 'dist'), dist, { recursive: true });
  const manifest = JSON.parse(await readFile(join(dist, 'manifest.json'), 'utf8'));
  return { dist, manifest, assets: join(dist, 'assets') };
}

/** What the build makes of another version: other bytes in the hub's script, so another name, and a later date. */
export async function newerBuild() {
  const { dist, manifest, assets } = await copyOfBuild();
  const script = manifest['hub.js'];
  manifest['hub.js'] = 'hub.newer.js';
  await rename(join(assets, script), join(assets, 'hub.newer.js'));
  for (const packed of ['br', 'gz']) await rm(join(assets, `${script}.${packed}`));
  await writeFile(join(dist, 'manifest.json'), JSON.stringify(manifest));
  return dist;
}
