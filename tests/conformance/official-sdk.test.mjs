// The official SDK from npm, unmodified, in the simulator's frame.

import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { bench, CARD_UNDEFINED, EVENTS, until } from './support.mjs';

const it = bench({ library: 'sdk' });

/** A page whose app has made the SDK's frame object. */
async function started() {
  const portal = await it.open();
  await portal.frame.evaluate(async () => { window.b24 = await B24Js.initializeB24Frame(); });
  return portal;
}

test('the official SDK initialises in the frame and reads its placement', async () => {
  const portal = await started();
  const told = await portal.frame.evaluate(() => ({
    title: b24.placement.title, options: b24.placement.options, auth: Boolean(b24.auth.getAuthData()), admin: b24.auth.isAdmin, lang: b24.getLang(),
  }));
  assert.equal(told.title, 'PAGE_BACKGROUND_WORKER');
  assert.deepEqual(told.options, { ID: 'PAGE_BACKGROUND_WORKER', URI: '/' });
  assert.deepEqual([told.auth, told.lang], [true, 'en']);
});

test('case 23: on the first run its setInstall is answered', async () => {
  await it.faults({ firstRun: true });
  await started();
  const installs = (await it.log()).filter(({ name }) => name === 'setInstall').map(({ kind }) => kind);
  assert.deepEqual(installs, ['in', 'out']);
});

test('the official SDK reads the interface, calls a command and is told of its failure', async () => {
  const portal = await started();
  const { event } = await portal.frame.evaluate(() => b24.placement.getInterface());
  assert.deepEqual(event, EVENTS);
  assert.deepEqual(await portal.frame.evaluate(() => b24.placement.call('CallCardSetMute', { muted: true })), CARD_UNDEFINED);
});

test('the official SDK binds an event and receives it, and drives the card', async () => {
  const portal = await started();
  await portal.frame.evaluate(async () => {
    window.got = [];
    // Resolves after the SDK's own 900 ms without an acknowledgement (case 35).
    window.bound = await b24.placement.bindEvent('BackgroundCallCard::initialized', (call) => window.got.push(call));
  });
  assert.equal((await portal.frame.evaluate(() => window.bound)).isSafely, true);
  const { CALL_ID } = await portal.ring();
  await until(() => portal.frame.evaluate(() => window.got.length), { what: 'the event in the SDK’s callback' });
  assert.equal((await portal.frame.evaluate(() => window.got[0])).CALL_ID, CALL_ID);
  assert.deepEqual(await portal.frame.evaluate(() => b24.placement.call('CallCardSetUiState', { uiState: 'connected' })), []);
  assert.equal((await portal.card()).uiState, 'connected');
});

test('case 36: an event within 900 ms of its bind is the promise’s value, not the callback’s', async () => {
  const portal = await started();
  await portal.frame.evaluate(() => {
    window.got = [];
    window.promised = b24.placement.bindEvent('BackgroundCallCard::initialized', (call) => window.got.push(call));
  });
  const { CALL_ID } = await portal.ring({}, null);
  const value = await portal.frame.evaluate(() => window.promised);
  // On a slow machine the 900 ms are over first; then the callback has it.
  if (value.isSafely) await until(() => portal.frame.evaluate(() => window.got.length), { what: 'the late event' });
  else assert.equal(value.CALL_ID, CALL_ID);
});

test('case 104: its REST calls are answered', async () => {
  const portal = await started();
  const id = await portal.frame.evaluate(async () => (await b24.callMethod('profile', {})).getData().result.ID);
  assert.equal(id, '1');
});

test('case 105: an expired token is refreshed and the call replayed', async () => {
  const portal = await started();
  await it.advance(3_700_000);
  const id = await portal.frame.evaluate(async () => (await b24.callMethod('profile', {})).getData().result.ID);
  assert.equal(id, '1');
  assert.ok((await it.log()).some(({ kind, name }) => kind === 'in' && name === 'refreshAuth'));
});
