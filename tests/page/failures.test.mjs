// Whatever part of the handler page's way is blocked: a coded entry says so, the portal's page is
// unharmed, and what can come later does.

import assert from 'node:assert/strict';

import { evaluateQuietly } from '../support/browser.mjs';
import { until } from '../support/until.mjs';
import { script, story, unreachable } from './bench.mjs';

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

for (const [what, part] of [['the loader', '/assets/boot.'], ['the worker\'s glue', '/assets/worker.']]) {
  story(`${what} fails to load twice: it is told, and comes in the end`, { routes: { [part]: unreachable(2) } }, async (page) => {
    await page.opens();
    await page.error('MODULE_UNREACHABLE');
    await page.is('ready');
  });
}

story('the wasm fails to load once: it is told, and comes in the end', { routes: { '.wasm': unreachable(1) } }, async (page) => {
  await page.opens();
  await page.error('WASM_REFUSED');
  await page.is('ready');
});

story('the wasm is no wasm', {
  routes: { '.wasm': (route) => route.fulfill({ body: 'a proxy\'s login page', contentType: 'application/wasm' }) },
}, async (page) => {
  await page.opens();
  await page.failsWith('WASM_REFUSED', /worker's wasm/);
});

story('the adapter fails to load once: it is told, and comes in the end', { routes: { '/assets/loopback.': unreachable(1) } }, async (page) => {
  await page.opens();
  await page.error('ADAPTER_UNREACHABLE');
  await page.is('ready');
});

story('the adapter throws while it loads', { adapter: 'throw new Error("no SIP library")' }, async (page) => {
  await page.opens();
  const { message } = await page.error('ADAPTER_UNREACHABLE');
  assert.match(message, /no SIP library/);
});

story('the adapter exports no factory', { adapter: 'export const softphone = {}' }, async (page) => {
  await page.opens();
  await page.failsWith('ADAPTER_UNREACHABLE', /default export/);
});

story('the adapter can not make a softphone', { adapter: 'export default () => { throw new Error("no account") }' }, async (page) => {
  await page.opens();
  await page.failsWith('SOFTPHONE', /no account/);
});

story('what the adapter makes is no softphone', { adapter: 'export default () => ({})' }, async (page) => {
  await page.opens();
  await page.failsWith('SOFTPHONE', /start/);
});

story('the softphone does not start: the worker does not, and the softphone is signed off', {
  adapter: `export default () => ({
    start() { throw new Error('no microphone for user 5 at +49 30 1234567 with 0123456789abcdef0123456789abcdef') },
    stop() { globalThis.stopped = true },
  })`,
}, async (page) => {
  await page.opens();
  const { errors } = await page.is('failed');
  const { message } = errors.find(({ code }) => code === 'SOFTPHONE');
  assert.match(message, /no microphone for user 5/);
  assert.doesNotMatch(message, /1234567|0123456789abcdef/, 'nobody\'s number and no token stands in the diagnostics');
  await until(() => page.ask(() => globalThis.stopped), { what: 'the softphone to be stopped' });
});

story('what an adapter reports or leaves uncaught is in the diagnostics', {
  adapter: `export default (options, page) => ({
    start() {
      page.report({ code: 'AUTOPLAY_BLOCKED', message: 'no sound yet' });
      page.report({ code: 'a code nobody knows', message: 'odd' });
      page.report(null);
      void Promise.reject(new Error('forgotten'));
      setTimeout(() => { throw 'dropped' });
    },
  })`,
}, async (page) => {
  await page.opens();
  await page.is('ready');
  await until(async () => (await page.diagnostics()).errors.filter(({ code }) => code === 'UNEXPECTED').length === 2, { what: 'both' });
  const { errors } = await page.diagnostics();
  const told = (code) => errors.filter((error) => error.code === code).map(({ message }) => message);
  assert.deepEqual(told('AUTOPLAY_BLOCKED'), ['no sound yet']);
  assert.deepEqual(told('SOFTPHONE'), ['odd', 'null']);
  assert.deepEqual(told('UNEXPECTED').sort(), ['dropped', 'forgotten']);
});

story('the diagnostics keep the newest fifty errors', {
  adapter: `export default (options, page) => ({
    start() { for (let i = 0; i < 80; i++) page.report({ code: 'NOISE', message: String(i) }) },
  })`,
}, async (page) => {
  await page.opens();
  const { errors } = await page.is('ready');
  assert.equal(errors.length, 50);
  assert.equal(errors.at(-1).message, '79');
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
