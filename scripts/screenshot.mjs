// Takes the README's picture: the call card ringing in the simulated portal.
//
//     node scripts/screenshot.mjs [FILE]      (default: docs/images/card-ringing.png)

import { mkdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { launchChromium } from '../tests/support/browser.mjs';
import { Portal } from '../tests/support/portal.mjs';
import { ROOT, startStack } from '../tests/support/servers.mjs';

const SIZE = { width: 1360, height: 850 };
/** A README is loaded over slow lines, too. */
const LIMIT = 300_000;

const file = process.argv[2] ?? join(ROOT, 'docs/images/card-ringing.png');
const stack = await startStack();
const chromium = await launchChromium();
try {
  const portal = await Portal.open(chromium.browser, stack);
  await portal.page.setViewportSize(SIZE);
  await portal.ready();
  await portal.ring();
  await portal.card('incoming');
  // The customer's part of the card comes a moment after the card, and its title after that.
  await portal.page.locator('[data-card][data-layout="crm"]').waitFor();
  await portal.page.evaluate(() => document.fonts.ready);
  await portal.page.addStyleTag({ content: '* { scrollbar-width: none !important }' });
  mkdirSync(dirname(file), { recursive: true });
  await portal.page.screenshot({ path: file, animations: 'disabled' });
  await portal.customer('hangup');
  await portal.card(null);
  const { size } = statSync(file);
  if (size > LIMIT) throw new Error(`${file} has ${size} bytes, more than ${LIMIT}`);
  console.log(`${file}: ${Math.round(size / 1000)} kB`);
} finally {
  await chromium.close();
  await stack.stop();
}
