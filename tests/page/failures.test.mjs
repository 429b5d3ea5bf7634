// The handler page in the wrong place, or in a portal that is not as it should be: a coded entry says
// so, the portal's page is unharmed, and what can come later does.

import assert from 'node:assert/strict';

import { evaluateQuietly } from '../support/browser.mjs';
import { until } from '../support/until.mjs';
import { script, story } from './bench.mjs';

story('opened by itself, the page says where it belongs', {}, async (page) => {
  await page.page.goto(`${page.stack.host.url}/handler`);
  // It has no frame and no portal to be asked through: the page itself is looked at.
  const told = await until(() => page.page.evaluate(() => b24worker.errors.at(-1)), { what: 'an error' });
  assert.equal(told.code, 'NOT_IN_FRAME');
  assert.match(await page.page.textContent('body'), /PAGE_BACKGROUND_WORKER/);
  await page.opens();
});

story('in a frame of no portal, the page says what it misses', {}, async (page) => {
  await inFrame(page, 'something');
  const told = await until(async () => (await page.diagnostics()).errors.find(({ code }) => code === 'NOT_IN_FRAME'), {
    what: 'NOT_IN_FRAME',
  });
  assert.match(told.message, /name/);
  assert.equal((await page.is('failed')).name, 'something');
});

story('in a frame without a name, nothing is loaded at all', {}, async (page) => {
  await inFrame(page, '');
  await page.failsWith('NOT_IN_FRAME', /PAGE_BACKGROUND_WORKER/);
});

story('a code is told with a link to its cause and cure, which the host itself serves', { faults: { bx24Status: 503 } }, async (page) => {
  const lines = [];
  page.page.on('console', (line) => lines.push(line.text()));
  await page.opens();
  const { message, help } = await page.error('BX24_UNREACHABLE');
  assert.ok(lines.includes(`[call worker] BX24_UNREACHABLE: ${message} (${help})`), lines.join('\n'));
  const opened = await page.page.context().newPage();
  await opened.goto(help);
  assert.equal(new URL(opened.url()).origin, page.stack.host.url);
  assert.match(await opened.locator('section:target').innerText(), /^BX24_UNREACHABLE\n[^]*\nCure: /);
});

story('BX24.js is down: it is told, and the worker starts when it is back', { faults: { bx24Status: 503 } }, async (page) => {
  await page.opens();
  const { message } = await page.error('BX24_UNREACHABLE');
  assert.match(message, /\/api\/v1\//);
  assert.equal((await page.diagnostics()).state, 'loading');
  await page.stack.simulator.api('PUT', '/sim/faults', { bx24Status: null });
  const { name } = await page.is('ready');
  assert.match(name, /^portal\.localhost:\d+\|0\|[0-9a-f]{32}$/, 'the name the portal gave is kept');
});

story('BX24.js never answers: it is told, and waited for', { faults: { bx24DelayMs: 600_000 } }, async (page) => {
  await page.opens();
  const { message } = await page.error('BX24_UNREACHABLE');
  assert.match(message, /still waiting/);
  assert.equal((await page.diagnostics()).state, 'loading');
});

story('bound to another placement, the worker says so', { routes: { '/api/v1/': script(`
  globalThis.BX24 = {
    init: (ready) => setTimeout(ready),
    placement: { info: () => ({ placement: 'CRM_DEAL_DETAIL_TAB', options: {} }), getInterface() {}, bindEvent() {}, call() {} },
    getAuth: () => ({}), refreshAuth() {}, callMethod() {}, callBatch() {}, getLang: () => 'en', getDomain: () => 'x',
  }`) } }, async (page) => {
  await page.opens();
  await page.failsWith('WRONG_PLACEMENT', /CRM_DEAL_DETAIL_TAB/);
});

story('a portal page without telephony: it is told, and the worker keeps asking', {
  faults: { interfaceNever: true },
}, async (page) => {
  await page.opens();
  await page.error('INTERFACE_MISSING', 150_000);
  await page.stack.simulator.api('PUT', '/sim/faults', { interfaceNever: false });
  await page.is('ready');
});

/** Puts the handler into a frame of a page of the portal's site that is no portal. */
async function inFrame(page, name) {
  await page.opens();
  await page.page.locator('iframe').first().waitFor({ state: 'attached' }); // the portal's own, or it would come later
  await page.page.evaluate(() => document.querySelectorAll('iframe').forEach((frame) => frame.remove()));
  await page.page.evaluate(
    ([src, name]) => document.body.append(Object.assign(document.createElement('iframe'), { src, name, hidden: true })),
    [`${page.stack.host.url}/handler`, name],
  );
  await until(() => evaluateQuietly(page.frame, () => Boolean(globalThis.b24worker)), { what: 'the handler in the frame' });
}
