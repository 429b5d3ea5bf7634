// The call card: as a call rings, in all its states, and in two tabs of one operator.

import { LISTED } from '../../crates/simulator/www/card-states.js';
import { WINDOW } from '../../tests/support/browser.mjs';
import { CUSTOMER, LINE, Portal } from '../../tests/support/portal.mjs';
import { startSimulator, startStack, until } from '../../tests/support/servers.mjs';
import { seatOf } from '../../tests/support/tabs.mjs';
import { sheet, still } from './png.mjs';

/** The customer's part of the card comes a moment after the card, and its title after that. */
const drawn = (page) => page.locator('[data-card][data-layout="crm"]').waitFor();

export async function ringing(browser) {
  const stack = await startStack();
  try {
    const portal = await Portal.open(browser, stack);
    await portal.page.setViewportSize({ width: 1360, height: 850 });
    await portal.ready();
    await portal.ring();
    await portal.card('incoming');
    await drawn(portal.page);
    return await still(portal.page);
  } finally {
    await stack.stop();
  }
}

const APP = 'http://app.localhost';
/** What a real app would say in each state is its own affair. */
const SAYS = { CallCardSetCardTitle: { title: 'The app’s title' }, CallCardSetStatusText: { statusText: 'The app’s text' } };

/** The app does nothing but what it is told here, so that no worker has a say in the card's state. */
export async function states(browser) {
  const simulator = await startSimulator({ handler: `${APP}/handler` });
  try {
    const page = await (await browser.newContext(WINDOW)).newPage();
    await page.route(`${APP}/**`, (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
    await page.goto(simulator.url);
    const frame = await until(() => page.frames().find((it) => it.url().startsWith(APP)), { what: 'the frame of the app' });
    const post = (text) => parent.postMessage(text + window.name.split('|')[2], '*');
    const command = (name, params) => frame.evaluate(post, `${name}:${JSON.stringify(params)}:0:`);

    const id = await page.locator('html').getAttribute('data-page');
    await simulator.api('GET', `/sim/wait?page=${id}&path=interfaceReady&is=true`);
    await simulator.api('POST', '/sim/calls', { PHONE_NUMBER: CUSTOMER.number, LINE_NUMBER: LINE });
    await drawn(page);
    await page.addStyleTag({ content: `
      html, body { background: none !important }
      body > :not(:has([data-card]), [data-card]) { visibility: hidden }
      .call-card { box-shadow: none !important }` });
    await simulator.api('POST', '/sim/clock', { held: true });
    for (const [name, params] of Object.entries(SAYS)) await command(name, params);

    const pictures = [];
    for (const name of LISTED) {
      await command('CallCardSetUiState', { uiState: name });
      await page.locator(`[data-card][data-state="${name}"]`).waitFor();
      if (name === 'connected') await talked(simulator, page);
      pictures.push({ name, png: await still(page, { part: page.locator('.call-card') }) });
    }
    return await sheet(browser, pictures, { columns: 3 });
  } finally {
    await simulator.stop();
  }
}

/** Of a narrow window, so that two of them can be read beside each other. */
const BESIDE_THE_MENU = { x: 400, y: 0, width: 500, height: 596 };

export async function twoTabs(browser) {
  const stack = await startStack();
  try {
    // The portal's 100 ms would tell of the machine's load.
    await stack.simulator.api('PUT', '/sim/faults', { cardMarkMs: 1000 });
    const first = await Portal.open(browser, stack);
    await first.ready();
    const tabs = [first, await first.anotherTab()];
    await first.ring();
    for (const tab of tabs) {
      await tab.card('incoming');
      await drawn(tab.page);
      await tab.page.setViewportSize({ width: 900, height: 640 });
      await tab.page.getByRole('button', { name: 'Hide' }).click();
    }
    await stack.simulator.api('POST', '/sim/clock', { held: true });
    await first.press('answer');
    for (const tab of tabs) await tab.card('connected');
    const its = await seatOf(tabs);
    await its.sound({ speaks: true, hears: true });
    await talked(stack.simulator, ...tabs.map(({ page }) => page));
    const pictures = [];
    for (const [i, tab] of tabs.entries()) {
      const name = `Tab ${i + 1}: ${tab === its ? 'has the sound' : 'the same card, usable, too'}`;
      pictures.push({ name, png: await still(tab.page, { clip: BESIDE_THE_MENU }) });
    }
    return await sheet(browser, pictures, { columns: 2 });
  } finally {
    await stack.stop();
  }
}

/** The portal's clock stands still: all timers show the same. */
async function talked(simulator, ...pages) {
  await simulator.api('POST', '/sim/clock', { advanceMs: 83_000 });
  for (const page of pages) await page.locator('[data-timer]', { hasText: '01:23' }).waitFor();
}
