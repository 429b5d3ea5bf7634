// A page that nobody has clicked on: the browser plays nothing there. That is told, and what was refused is heard with the next
// click that the worker hears of, which is one on the portal's card and not on its own frame.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { WINDOW, evaluateQuietly, launchChromium } from '../support/browser.mjs';
import { DOMAIN } from '../support/kamailio.mjs';
import { Portal, countPeerConnections } from '../support/portal.mjs';
import { startStack } from '../support/servers.mjs';
import { openBench } from '../support/sip-bench.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

/** The customers, who hear at once; and the operator's browser, with what Chromium allows by itself. */
const bench = await openBench();
const chromium = await launchChromium({ flags: ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'] });
after(async () => {
  await chromium.close();
  await bench.close();
});

/** In every document: the clocks of the sounds that are made there. */
function noteSounds() {
  globalThis.clocks = [];
  const Native = AudioContext;
  globalThis.AudioContext = class AudioContext extends Native {
    constructor(...args) {
      super(...args);
      clocks.push(this);
    }
  };
}

for (const adapter of ['jssip', 'sipjs']) {
  test(`${adapter}: a call rings unheard on a page that was not clicked on, which is told once; a click on its card, and it rings`, async () => {
    const user = bench.newUser('operator');
    const { server } = bench.server;
    const stack = await startStack({ host: { adapter, adapterOptions: { server, uri: `sip:${user}@${DOMAIN}`, password: `secret-${user}` } } });
    const customer = await bench.phone(adapter, bench.newUser('customer'));
    const portal = Object.assign(new Portal(), { stack, api: stack.simulator.api, context: await chromium.browser.newContext(WINDOW) });
    const states = () => portal.ask(() => clocks.map(({ state }) => state));
    try {
      for (const script of [countPeerConnections, noteSounds]) await portal.context.addInitScript(script);
      portal.page = await portal.context.newPage();
      // Not by `visit`, which asks the page something: to Chromium that is a click.
      await portal.page.goto(new URL('/', stack.simulator.url).href);
      await until(async () => user in (await bench.server.registrations()), { what: 'the operator to be registered' });
      await until(() => portal.ask(() => globalThis.b24worker?.registered === true), { what: 'the worker to know' });
      const call = await customer.dials({ user });
      const blocked = async () => (await portal.diagnostics()).errors.filter(({ code }) => code === 'AUTOPLAY_BLOCKED').length;
      await until(blocked, { what: 'the silence to be told' });
      assert.deepEqual(await states(), ['suspended']);
      // What leaves the call alone: a comment.
      await portal.press('comment');
      await portal.page.locator('[data-card] [data-save-comment]').click();
      await until(async () => (await states())[0] === 'running', { what: 'it to ring' });
      assert.equal(await blocked(), 1, 'told once');
      assert.equal(await portal.ask(() => navigator.userActivation.hasBeenActive), false, 'nobody has clicked on the worker\'s own frame');
      await portal.press('answer');
      await portal.card('connected');
      await customer.sound(call, { speaks: true, hears: true });
      await portal.press('hangup');
      await customer.told('ended', { callId: call });
      await portal.recorded();
      await portal.card(null);
      await portal.silent();
      await customer.endsClean();
    } catch (error) {
      error.message += `\n${JSON.stringify([await portal.diagnostics().catch(() => null), await states().catch(() => null)])}\n${stack.logs()}`;
      throw error;
    } finally {
      await customer.close();
      await portal.close();
      await stack.stop();
    }
  });
}

test('a ringtone that the browser refuses is told once for all calls, and rings with the next click, however soon that comes', async () => {
  const page = await (await chromium.browser.newContext()).newPage();
  await page.goto(bench.base);
  const told = () => evaluateQuietly(page, () => told);
  await evaluateQuietly(page, async () => {
    const { Sounds } = await import('/media/sounds.js');
    const Native = AudioContext;
    globalThis.AudioContext = class extends Native {
      constructor(...args) {
        super(...args);
        globalThis.context = this;
      }
    };
    globalThis.told = [];
    globalThis.sounds = new Sounds((error) => told.push(error.code));
    sounds.play({ name: 'ringing' });
  });
  await until(async () => (await told()).length, { what: 'the silence to be told' });
  await evaluateQuietly(page, async () => {
    sounds.play(undefined);
    sounds.play({ name: 'waiting' });
    await new Promise((later) => setTimeout(later, 600)); // by this page's clock: after it was looked whether it plays
    sounds.play(undefined);
    sounds.play({ name: 'ringing' });
  });
  await page.mouse.click(10, 10);
  await until(() => evaluateQuietly(page, () => context.state === 'running'), { what: 'it to ring' });
  assert.deepEqual(await told(), ['AUTOPLAY_BLOCKED']);
  await page.close();
});
