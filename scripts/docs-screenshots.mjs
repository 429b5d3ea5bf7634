// Pictures of the documentation's site, to be looked at: its front page, a page with charts, and one of an error code.
//
//     node scripts/docs-screenshots.mjs [FOLDER]      (default: target/screenshots; after ./build.sh docs --build)

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { serve } from 'vitepress';

import { launchChromium, WINDOW } from '../tests/support/browser.mjs';
import { freePort, ROOT } from '../tests/support/servers.mjs';

const PAGES = { front: '/', concepts: '/concepts.html#a-call', error: '/errors/MICROPHONE_DENIED.html' };
const folder = process.argv[2] ?? join(ROOT, 'target/screenshots');
mkdirSync(folder, { recursive: true });

const port = await freePort();
await serve({ root: join(ROOT, 'docs'), port });
const { browser, close } = await launchChromium();
try {
  const page = await (await browser.newContext(WINDOW)).newPage();
  for (const [name, path] of Object.entries(PAGES)) {
    await page.goto(`http://localhost:${port}${path}`, { waitUntil: 'networkidle' });
    const file = join(folder, `docs-${name}.png`);
    await page.screenshot({ path: file });
    console.log(file);
  }
} finally {
  await close();
}
process.exit(); // the server has no end of its own
