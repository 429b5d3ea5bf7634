// The scenarios that the Market's moderators run with a telephony app, mandatory and recommended,
// through the host, with the app installed.

import assert from 'node:assert/strict';
import { CUSTOMER, LINE } from '../support/portal.mjs';
import { story } from '../support/story.mjs';
import { until } from '../support/until.mjs';

const INSTALLED = { life: {} };
/** Without lines only the backend's word makes a card ours. */
const BY_SIGNAL = { life: { host: { line: [] } } };
const withEvents = (fault) => ({ ...INSTALLED, faults: { events: { ONEXTERNALCALLSTART: fault } } });

/** Somebody whom Marco (user 2) looks after. */
const MARCOS_CLIENT = '+12025550191';
const STRANGER = '+12025550199';

/** The call that rings out is answered and ended by the customer; gives its record. */
async function talk(portal) {
  await portal.network('ringing');
  await portal.customer('answer');
  await portal.connectedSomewhere();
  await portal.customer('hangup');
  const record = await portal.recorded();
  // The portal takes whichever card there is when it hears of the end: not yet the next one's.
  await portal.card(null);
  return record;
}

/** After whatever happened the next call rings. */
async function theNextCallRings(portal, count = 2) {
  await portal.ring();
  await portal.card('incoming');
  await portal.press('answer');
  await portal.card('connected');
  await portal.press('hangup');
  await portal.recorded(count);
}

/** The operator's page signals the operator's worker, as a page of the app does. */
const signal = (portal, command, fields) => portal.ask(async ({ command, fields }) => {
  const { access_token, member_id } = globalThis.BX24.getAuth();
  const headers = { Authorization: `Bearer ${access_token}` };
  const response = await fetch(`/signals/${member_id}`, { method: 'POST', headers, body: JSON.stringify({ command, fields }) });
  return response.status;
}, { command, fields });

/** A REST call with the token of a page, as a backend makes it. */
const rest = (portal, method, params) => portal.ask(({ method, params }) => new Promise((resolve, reject) => {
  globalThis.BX24.callMethod(method, params, (answer) => (answer.error() ? reject(new Error(String(answer.error()))) : resolve(answer.data())));
}), { method, params });

// ----- mandatory

story('mandatory: an incoming call is registered with the line that was called', INSTALLED, async (portal) => {
  await portal.ring();
  await portal.card('incoming');
  await portal.press('answer');
  await portal.card('connected');
  await portal.press('hangup');
  const call = await portal.recorded();
  assert.deepEqual([call.TYPE, call.PHONE_NUMBER, call.LINE_NUMBER, call.registrations], [2, CUSTOMER.number, LINE, 1]);
  await theNextCallRings(portal);
});

story('mandatory: an outgoing call is registered with the line it is made from', INSTALLED, async (portal) => {
  await portal.listening();
  assert.equal(await signal(portal, 'dial', { phoneNumber: CUSTOMER.number }), 204);
  const call = await talk(portal);
  assert.deepEqual([call.TYPE, call.PHONE_NUMBER, call.LINE_NUMBER, call.registrations], [1, CUSTOMER.number, LINE, 1]);
  await theNextCallRings(portal);
});

story('mandatory: the record of a call is attached to it', { life: { hostArgs: ['--record'] } }, async (portal) => {
  await portal.ring();
  await portal.card('incoming');
  await portal.press('answer');
  await portal.card('connected');
  await portal.talked(2);
  await portal.press('hangup');
  await portal.recorded();
  await until(async () => (await portal.calls())[0].recordBytes, { what: 'the record to be attached' });
  const asked = (await portal.api('GET', '/sim/log?since=0')).filter(({ kind }) => kind === 'rest').map(({ name }) => name);
  const finish = asked.indexOf('telephony.externalCall.finish');
  const attach = asked.indexOf('telephony.externalCall.attachRecord');
  assert.ok(finish >= 0 && finish < attach, `the record comes after the end of the call: ${asked}`);
  await theNextCallRings(portal);
});

/** Until the backend has answered so many events of a click. */
const told = (portal, times) => until(
  async () => (await portal.api('GET', '/sim/log?since=0')).filter(({ kind, name }) => kind === 'event' && name === 'ONEXTERNALCALLSTART').length === times,
  { what: `the backend to be told ${times} time(s)` },
);

for (const [when, options, times = 1] of [
  ['the event comes after the card', withEvents({ delayMs: 1500 })],
  ['the event comes before the card', withEvents({ beforeCard: true })],
  ['the event comes twice', withEvents({ copies: 2 }), 2],
  ['the worker knows its lines by nobody else', BY_SIGNAL],
]) {
  story(`mandatory: a click on a number calls it once: ${when}`, options, async (portal) => {
    await portal.listening();
    await portal.clickNumber(CUSTOMER.number);
    await told(portal, times);
    await portal.api('GET', '/sim/wait?kind=pull&name=deliver&contains=dial');
    const call = await talk(portal);
    assert.equal((await portal.outgoing()).length, 1);
    assert.deepEqual([call.TYPE, call.origin, call.registrations], [1, 'portal', 1]);
    await theNextCallRings(portal);
  });
}

story('mandatory: a click is called by its card alone when the event is lost', withEvents({ lost: true }), async (portal) => {
  await portal.listening();
  await portal.clickNumber(CUSTOMER.number);
  const call = await talk(portal);
  assert.equal((await portal.outgoing()).length, 1);
  assert.deepEqual([call.TYPE, call.origin, call.registrations], [1, 'portal', 1]);
  await theNextCallRings(portal);
});

story('mandatory: a click names the line and the call list, and the worker has both', BY_SIGNAL, async (portal) => {
  await portal.listening();
  await portal.api('POST', '/sim/click-to-call', { number: CUSTOMER.number, lineNumber: LINE, callListId: 7 });
  await portal.network('ringing');
  const { line, callListId } = await portal.ask(() => globalThis.b24worker.worker.call);
  assert.deepEqual([line, callListId], [LINE, '7']);
  await portal.customer('decline');
  await portal.card('redial');
  await portal.press('makeCall');
  await talk(portal);
});

story('mandatory: a click in the mobile app does not dial in the browser, and is not left open', BY_SIGNAL, async (portal) => {
  await portal.listening();
  await portal.api('POST', '/sim/click-to-call', { number: CUSTOMER.number, lineNumber: LINE, isMobile: true });
  await portal.api('GET', '/sim/wait?kind=pull&name=deliver&contains=dial');
  // No PBX is there to take it: the host finishes it.
  await until(async () => (await portal.calls())[0]?.finishes === 1, { what: 'the host to finish the call' });
  await theNextCallRings(portal, 1);
  assert.deepEqual(await portal.outgoing(), []);
});

story('mandatory: a callback asked for in a form is registered as one and dialled once', INSTALLED, async (portal) => {
  await portal.listening();
  await portal.api('POST', '/sim/callback', { number: CUSTOMER.number, text: 'After five', lineNumber: LINE });
  await portal.network('ringing');
  const pages = await portal.api('GET', '/sim/pages');
  assert.equal(pages[0].card.direction, 'callback');
  const call = await talk(portal);
  assert.deepEqual([call.TYPE, call.registrations, call.USER_ID], [4, 1, 1]);
  assert.equal((await portal.outgoing()).length, 1);
  await theNextCallRings(portal);
});

const PATIENT = { life: { hostArgs: ['--callback-wait', '2'] } };
story('mandatory: a callback that its responsible does not make goes to the next operator, and is made once', PATIENT, async (portal) => {
  // Marco looks after the client and has no page open; user 1 has installed the app.
  await portal.listening();
  await portal.api('POST', '/sim/callback', { number: MARCOS_CLIENT, text: 'After five', lineNumber: LINE });
  await portal.card('connectingOutgoing');
  await portal.api('GET', '/sim/wait?kind=rest&name=telephony.externalCall.show');
  const call = await talk(portal);
  assert.deepEqual([call.TYPE, call.registrations], [4, 1]);
  assert.equal((await portal.outgoing()).length, 1);
  await theNextCallRings(portal);
});

// ----- recommended

story('recommended: a client is routed to who looks after them', INSTALLED, async (portal) => {
  const marco = await portal.colleague(portal.context.browser(), 2);
  try {
    await portal.listening({ pages: 2 });
    await portal.api('POST', '/sim/callback', { number: MARCOS_CLIENT, lineNumber: LINE });
    await marco.card('connectingOutgoing');
    assert.equal(await portal.cardState(), null, 'nothing at his colleague’s');
    const call = await talk(portal);
    assert.equal(call.USER_ID, 2);
    await portal.api('POST', '/sim/callback', { number: STRANGER, lineNumber: LINE });
    await portal.card('connectingOutgoing');
    await portal.network('ringing');
    await portal.customer('answer');
    await portal.card('connected');
    await portal.customer('hangup');
    assert.equal((await portal.recorded(2)).USER_ID, 1, 'who is nobody’s comes to who installed the app');
    assert.equal((await portal.outgoing()).length, 2);
  } finally {
    await marco.close();
  }
});

story('recommended: a call that moves to a colleague leaves the one card and shows the other', { ...BY_SIGNAL, hides: true }, async (portal) => {
  const marco = await portal.colleague(portal.context.browser(), 2);
  try {
    await portal.listening({ pages: 2 });
    await signal(portal, 'dial', { phoneNumber: CUSTOMER.number, lineNumber: LINE });
    await portal.network('ringing');
    await portal.customer('answer');
    await portal.card('connected');
    const [{ CALL_ID }] = await portal.calls();
    assert.equal(await rest(portal, 'telephony.externalCall.show', { CALL_ID, USER_ID: [2] }), true);
    await marco.card('externalCard');
    assert.equal(await rest(portal, 'telephony.externalCall.hide', { CALL_ID, USER_ID: [1] }), true);
    await portal.card(null);
    await portal.customer('hangup');
    const call = await portal.recorded();
    assert.deepEqual([call.finishes, call.finishRequests], [1, 1]);
    await marco.card(null);
    assert.equal((await portal.outgoing()).length, 1, 'Marco’s worker dials nobody');
  } finally {
    await marco.close();
  }
});

const CAMPAIGN = { life: { host: { line: [] }, hostArgs: ['--worker-options', '{"autoDial":false}'] } };
story('recommended: in a campaign the operator skips a client and calls the next', CAMPAIGN, async (portal) => {
  await portal.listening();
  await portal.api('POST', '/sim/click-to-call', { number: CUSTOMER.number, lineNumber: LINE, callListId: 7, callList: true });
  await portal.card('outgoing');
  const before = await portal.ask(() => globalThis.b24worker.worker.call.number);
  assert.equal(before, CUSTOMER.number);
  assert.deepEqual(await portal.outgoing(), [], 'the operator decides');
  await portal.press('skip');
  await portal.recorded();
  assert.deepEqual(await portal.outgoing(), []);
  await theNextCallRings(portal);
});

story('recommended: in a campaign the client becomes known, and the call button calls them', CAMPAIGN, async (portal) => {
  await portal.listening();
  await portal.api('POST', '/sim/click-to-call', { number: MARCOS_CLIENT, lineNumber: LINE, callListId: 7, callList: true });
  await portal.card('outgoing');
  const [{ CALL_ID }] = await portal.calls();
  const { log: since } = await portal.api('GET', '/sim/state');
  await portal.api('POST', `/sim/calls/${CALL_ID}/identify`, { entityType: 'LEAD', entityId: 21 });
  await portal.api('GET', `/sim/wait?since=${since}&kind=push&name=entityChanged`);
  await portal.press('makeCall');
  await talk(portal);
  const calls = await portal.outgoing();
  assert.deepEqual(calls.map(({ number }) => number), [MARCOS_CLIENT]);
  await theNextCallRings(portal);
});

story('recommended: in a campaign the card goes on to the next client, and calls them', CAMPAIGN, async (portal) => {
  await portal.listening();
  await portal.api('POST', '/sim/click-to-call', { number: CUSTOMER.number, lineNumber: LINE, callListId: 7, callList: true });
  await portal.card('outgoing');
  await portal.press('next');
  await until(async () => (await portal.ask(() => globalThis.b24worker.worker.call?.number)) === '+12025550180', { what: 'the next client' });
  await portal.press('makeCall');
  await talk(portal);
  assert.deepEqual((await portal.outgoing()).map(({ number }) => number), ['+12025550180']);
  await theNextCallRings(portal);
});
