// What no network changes: how many bytes a candidate loads, whether a ring reaches it, and its memory at rest.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { brotliCompressSync } from 'node:zlib';

import { until } from '../../tests/support/until.mjs';
import { newContext } from './bare-page.mjs';
import { LoadedPage } from './loaded-page.mjs';
import { tabCost } from './tab-cost.mjs';

/** Who has said nothing for so long has loaded all there is. */
const QUIET_MS = 3000;
const TABS = 5;

/** Bytes from its server, headers with them: before it listened, and in all. BX24.js, which the portal brings, is not among them. */
export async function bytesOf(browser, candidate) {
  const context = await newContext(browser);
  try {
    candidate.app.count();
    const page = await LoadedPage.openIn(context, candidate);
    await page.load();
    await until(() => candidate.app.quietMs > QUIET_MS, { what: `${candidate.name} to have loaded all` });
    if (candidate.listens) await page.rings();
    return {
      ...(candidate.listens && { listening: candidate.app.received(page.listeningAt) }),
      all: candidate.app.received(),
      ...(candidate.name === 'sdk' && { published: publishedSdk() }),
    };
  } finally {
    await context.close();
  }
}

/** The file for a script element that the SDK's authors publish. */
function publishedSdk() {
  const sdk = createRequire(import.meta.url).resolve('@bitrix24/b24jssdk').replace(/dist\/.*/, 'dist/umd/index.min.js');
  return brotliCompressSync(readFileSync(sdk)).length;
}

/** Kilobytes of a further tab of each, in a browser of its own. */
export async function memoryOf(candidates) {
  const memory = {};
  for (const { name, simulator, host } of candidates) {
    await simulator.api('POST', '/sim/reset', {});
    const loaded = (tab) => until(async () => (await tab.binds()).length >= 17, { what: `${name} to listen` });
    memory[name] = Math.round((await tabCost({ simulator, host }, { loaded, more: TABS, quietMs: QUIET_MS })).memory);
  }
  return memory;
}
