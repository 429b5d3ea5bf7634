// The page in which stories are told, in a browser of its own.

import { speaking } from '../../contract/chromium.js';
import { serve } from '../../contract/server.js';
import { PATIENCE_MS } from '../../contract/until.js';
import { launchShell } from '../support/browser.mjs';
import { ROOT } from '../support/servers.mjs';

/** Stories wait more than they work: for sound, and for what is not to come. */
export const AT_ONCE = { concurrency: 8 };

/** @param answers of modules that are no files, see `serve` */
export async function openPage(answers) {
  const server = await serve({ root: ROOT, answers });
  const chromium = await launchShell({ flags: speaking() });
  const page = await (await chromium.browser.newContext()).newPage();
  await page.goto(server.base);
  return {
    tell: (name, what) =>
      page.evaluate(async ([name, what]) => (await import('/contract/page/stories.js')).tellStory(name, what), [name, { patienceMs: PATIENCE_MS, ...what }]),
    async close() {
      await chromium.close();
      server.close();
    },
  };
}
