// The app's own pages, as an operator sees them in the portal's slider.

import { AppPage } from '../../tests/support/app-page.mjs';
import { WINDOW } from '../../tests/support/browser.mjs';
import { startLife } from '../../tests/support/life.mjs';
import { Operator } from '../../tests/support/operator.mjs';
import { until } from '../../tests/support/until.mjs';
import { still } from './png.mjs';

const ACCOUNT = {
  server: 'wss://sip.example.com/ws', domain: 'sip.example.com', account: '101', password: '********', name: 'Olivia Brandt', line: '+15550100',
};

/** The page in the contact centre: the account, the devices, and the test, of a server that does not answer. */
export async function connection(browser) {
  const stack = await installed();
  try {
    const context = await browser.newContext({ ...WINDOW, viewport: { width: 1000, height: 1560 }, permissions: ['microphone'] });
    const page = await AppPage.contactCentre(context, stack);
    await page.page.locator('#devices [name=microphone] option').nth(1).waitFor({ state: 'attached' });
    for (const [name, value] of Object.entries(ACCOUNT)) await page.page.locator(`#settings [name=${name}]`).fill(value);
    await page.page.locator('#test').click();
    await page.page.locator('#test:enabled').waitFor();
    return await slider(page);
  } finally {
    await stack.stop();
  }
}

/** The page behind a link for support, while a call rings in another tab. In a window that is not emulated, one tab is in front. */
export async function diagnostics() {
  const stack = await installed();
  let operator;
  try {
    operator = await Operator.start(stack);
    const tab = await (await operator.tab()).ready();
    const page = await AppPage.link(operator.context, stack, { action: 'diagnostics' });
    await page.tab.setViewportSize({ width: 1000, height: 760 });
    await until(async () => (await stack.simulator.api('GET', '/sim/pages')).every(({ frames }) => frames.some(({ told }) => told?.state === 'ready')), {
      what: 'the workers of both tabs to be ready',
    });
    await tab.ring();
    await tab.card('incoming');
    await page.page.locator('#go').click();
    await page.says('#tabs section:first-child', /ringing/);
    await page.says('#tabs section:last-child', /ready/);
    return await slider(page);
  } finally {
    await operator?.close();
    await stack.stop();
  }
}

async function installed() {
  const stack = await startLife();
  await stack.install();
  return stack;
}

const slider = ({ tab }) => still(tab, { part: tab.locator('.slider-panel') });
