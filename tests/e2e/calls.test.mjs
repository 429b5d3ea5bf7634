// Calls from the first ring to the record, through the host, the portal simulator and a real
// browser.

import assert from 'node:assert/strict';
import { CUSTOMER } from '../support/portal.mjs';
import { story } from '../support/story.mjs';
import { until } from '../support/until.mjs';

story('a customer calls, the operator answers, they talk, and the operator hangs up', {}, async (portal) => {
  await portal.ring();
  await portal.card('incoming');
  await portal.press('answer');
  await portal.card('connected');
  await portal.sound({ speaks: true, hears: true });
  await portal.press('hangup');
  await lastedAsRecorded(portal, await portal.recorded());
});

story('hold silences both, mute silences one, and the keypad reaches the customer', {}, async (portal) => {
  await portal.talks();

  await portal.press('hold');
  await portal.pressed('hold');
  await portal.sound({ speaks: false, hears: false });
  assert.equal((await portal.phoneCall()).held, true);
  await portal.press('hold');
  await portal.released('hold');
  await portal.sound({ speaks: true, hears: true });

  await portal.press('mute');
  await portal.pressed('mute');
  await portal.sound({ speaks: false, hears: true });
  await portal.press('mute');
  await portal.released('mute');
  await portal.sound({ speaks: true, hears: true });

  await portal.type('0123456789*#');
  await portal.tones('0123456789*#');
  await portal.press('hangup');
  await portal.recorded();
});

story('the customer hangs up, and the card closes by itself', {}, async (portal) => {
  await portal.talks();
  await portal.customer('hangup');
  await lastedAsRecorded(portal, await portal.recorded());
});

story('the operator skips a ringing call, and it is recorded as declined', {}, async (portal) => {
  await portal.ring();
  await portal.card('incoming');
  await portal.press('skip');
  const phone = await portal.network('ended');
  assert.deepEqual([phone.status, phone.endedBy], [603, 'operator']);
  const { finish } = await portal.recorded();
  assert.deepEqual([finish.CALL_DURATION, String(finish.CALL_FAILED_CODE)], [0, '603']);
});

story('the customer gives up while it rings, and the call is recorded as missed', {}, async (portal) => {
  await portal.ring();
  await portal.card('incoming');
  await portal.customer('hangup');
  const { finish } = await portal.recorded();
  assert.deepEqual([finish.CALL_DURATION, String(finish.CALL_FAILED_CODE)], [0, '304']);
});

story('a click on a phone number calls it: the portal registered it, so the worker does not', {}, async (portal) => {
  await portal.clickNumber(CUSTOMER.number);
  await portal.card('connectingOutgoing');
  const phone = await portal.network('ringing');
  assert.deepEqual([phone.direction, phone.number], ['outgoing', CUSTOMER.number]);
  await portal.customer('answer');
  await portal.card('connected');
  await portal.sound({ speaks: true, hears: true });
  await portal.customer('hangup');

  const call = await portal.recorded();
  await lastedAsRecorded(portal, call);
  assert.equal((await portal.calls()).length, 1, 'one call for the portal');
  assert.equal(call.registrations, 1);
});

story('the operator gives up an outgoing call before it is answered', {}, async (portal) => {
  await portal.clickNumber(CUSTOMER.number);
  await portal.card('connectingOutgoing');
  await portal.network('ringing');
  await portal.press('hangup');
  await portal.network('ended');
  const { finish } = await portal.recorded();
  assert.equal(finish.CALL_DURATION, 0);
});

story('the customer is busy, and redial reaches her', {}, async (portal) => {
  await portal.api('PUT', '/sim/phone', { autoDecline: 486 });
  await portal.clickNumber(CUSTOMER.number);
  await portal.card('redial');
  assert.equal((await portal.phoneCall()).status, 486);

  await portal.api('PUT', '/sim/phone', { autoDecline: null });
  await portal.press('makeCall');
  await portal.network('ringing');
  await portal.customer('answer');
  await portal.card('connected');
  await portal.sound({ speaks: true, hears: true });
  await portal.press('hangup');
  const { finish } = await portal.recorded();
  assert.equal(String(finish.CALL_FAILED_CODE), '200');
});

story('two customers, one after the other, are two calls and two records', {}, async (portal) => {
  await portal.talks();
  await portal.press('hangup');
  const first = await portal.recorded(1);
  await portal.card(null);

  await portal.talks({ number: '+12025550191', displayName: 'Jonas Weber' });
  await portal.customer('hangup');
  const second = await portal.recorded(2);
  assert.notEqual(first.CALL_ID, second.CALL_ID);
  assert.deepEqual([first.PHONE_NUMBER, second.PHONE_NUMBER], [CUSTOMER.number, '+12025550191']);
  assert.equal((await portal.calls()).length, 2);
});

story('the portal refuses the registration for some seconds, and the call is recorded once, for when it rang', {
  faults: { rest: { 'telephony.externalCall.register': { status: 503, error: 'QUERY_LIMIT_EXCEEDED', times: 3 } } },
}, async (portal) => {
  const rang = Date.now();
  await portal.ring();
  await portal.card('incoming');
  const late = Date.now() - rang;
  await portal.press('answer');
  await portal.card('connected');
  await portal.press('hangup');
  await portal.recorded();
  const calls = await portal.calls();
  assert.equal(calls.length, 1, 'another try made no other call');
  const off = Math.abs(Date.parse(calls[0].CALL_START_DATE) - rang);
  assert.ok(off < late / 2, `it began ${off} ms from when it rang, and the portal heard of it after ${late} ms`);
});

async function lastedAsRecorded(portal, { finish }) {
  const phone = await until(
    async () => {
      const call = await portal.phoneCall();
      return call.endedAt && call;
    },
    { what: 'the network to end the call' },
  );
  // Between the answer and the connection lies what the browser takes for it, which may be long.
  const [talked, lasted] = [portal.connectedSeenAt, phone.answeredAt].map((from) => (phone.endedAt - from) / 1000);
  const recorded = finish.CALL_DURATION;
  assert.ok(recorded >= Math.round(talked) - 1 && recorded <= Math.round(lasted) + 1, `${recorded} s recorded, ${lasted} s on the network, ${talked} s connected`);
  assert.equal(String(finish.CALL_FAILED_CODE), '200');
}
