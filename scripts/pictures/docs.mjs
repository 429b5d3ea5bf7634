// Pages of the documentation's site, as it was built.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { serve } from 'vitepress';

import { WINDOW } from '../../tests/support/browser.mjs';
import { freePort, ROOT } from '../../tests/support/servers.mjs';
import { still } from './png.mjs';

export const isBuilt = () => existsSync(join(ROOT, 'target/site/dist'));

let served;
/** Serves the site, once. */
const site = () => (served ??= freePort().then(async (port) => {
  if (!isBuilt()) throw new Error('the site is not built: ./build.sh docs --build');
  await serve({ root: join(ROOT, 'docs'), port });
  return `http://localhost:${port}`;
}));

/** A picture of one page. */
export const sitePage = (path) => async (browser) => {
  const context = await browser.newContext(WINDOW);
  const page = await context.newPage();
  await page.goto(`${await site()}${path}`, { waitUntil: 'networkidle' });
  const png = await still(page);
  await context.close();
  return png;
};
