// What a backend tells the worker through the portal's pull channel, in a real browser: it dials
// once, in whichever tab, opens pages, and hears what it has missed.

import assert from 'node:assert/strict';
import { CUSTOMER, LINE } from '../support/portal.mjs';
import { story } from '../support/story.mjs';
import { until } from '../support/until.mjs';

/** A signal to the operator, as the host sends it. */
const signal = (portal, command, params = {}) => portal.api('POST', '/sim/pull/send', {
  users: [1], command, params: { id: `s${Math.random()}`, expires: Date.now() / 1000 + 60, ...params },
});

/** The call connects, is heard, and ends. */
async function talk(portal) {
  await portal.network('ringing');
  await portal.customer('answer');
  await portal.card('connected');
  await portal.customer('hangup');
  return portal.recorded();
}

/** What the page's listeners hear of signals from now on. */
const hear = (portal) => portal.ask(() => {
  globalThis.heard = [];
  globalThis.b24worker.worker.on('signal', (it) => globalThis.heard.push(it.command));
});
const heard = (portal, wanted) => until(
  async () => {
    const now = await portal.ask(() => globalThis.heard);
    if (JSON.stringify(now) === JSON.stringify(wanted)) return true;
    throw new Error(`they heard ${now}`);
  },
  { what: `the listeners to hear ${wanted}` },
);

story('the backend asks for a call: the worker registers it, dials, and the two sides talk', {}, async (portal) => {
  await portal.listening();
  await signal(portal, 'dial', { phoneNumber: CUSTOMER.number, lineNumber: LINE, callListId: '7' });
  await portal.card('connectingOutgoing');
  const call = await talk(portal);
  assert.equal(call.registrations, 1);
  assert.equal((await portal.outgoing()).length, 1);
});

story('a click on a number dials once in two tabs, and the signal of the same click changes nothing', {}, async (portal) => {
  const other = await portal.anotherTab();
  await portal.listening();
  await portal.page.bringToFront();
  await portal.clickNumber(CUSTOMER.number);
  await portal.network('ringing');
  const [{ CALL_ID: callId }] = await portal.calls();
  await signal(portal, 'dial', { id: callId, callId, phoneNumber: CUSTOMER.number, lineNumber: LINE });
  await portal.customer('answer');
  await portal.connectedSomewhere();
  await portal.customer('hangup');
  await portal.recorded();
  assert.equal((await portal.outgoing()).length, 1, 'dialled once');
  assert.equal((await portal.calls()).length, 1, 'one call for the portal');
  await other.close();
});

story('the card of a call that one tab registers is no click on a number to the other', {}, async (portal) => {
  const other = await portal.anotherTab();
  await portal.listening();
  // The answer of register is late: the card is there before its tab knows the call's name.
  await portal.api('PUT', '/sim/faults', { restDelayMs: 1500 });
  await signal(portal, 'dial', { phoneNumber: CUSTOMER.number, lineNumber: LINE });
  await portal.network('ringing');
  await portal.api('PUT', '/sim/faults', { restDelayMs: 0 });
  await portal.customer('answer');
  await portal.connectedSomewhere();
  await portal.customer('hangup');
  await portal.recorded();
  assert.equal((await portal.outgoing()).length, 1, 'dialled once');
  await other.close();
});

story('the signal of a click is enough where the worker knows no lines', { host: { line: [] } }, async (portal) => {
  await portal.listening();
  await portal.clickNumber(CUSTOMER.number);
  await portal.card('externalCard');
  const [{ CALL_ID: callId }] = await portal.calls();
  await signal(portal, 'dial', { id: callId, callId, phoneNumber: CUSTOMER.number, lineNumber: LINE });
  await portal.card('connectingOutgoing');
  const call = await talk(portal);
  assert.equal(call.registrations, 1, 'the portal had registered it');
});

story('what two tabs hear is done by one: a slider opens once', {}, async (portal) => {
  const other = await portal.anotherTab();
  await portal.listening();
  await signal(portal, 'openPath', { path: '/crm/deal/details/7/' });
  const sliders = async () => (await portal.api('GET', '/sim/log?since=0')).filter(({ kind, name }) => kind === 'in' && name === 'openPath').length;
  await until(async () => (await sliders()) > 0, { what: 'a slider to be asked for' });
  // Whoever would do it a second time has heard of it before the next signal.
  await hear(portal);
  await signal(portal, 'done');
  await heard(portal, ['done']);
  assert.equal(await sliders(), 1);
  await other.close();
});

story('a stale signal is left alone, and the next one is not', {}, async (portal) => {
  await portal.listening();
  await signal(portal, 'dial', { phoneNumber: CUSTOMER.number, expires: Date.now() / 1000 - 5 });
  await signal(portal, 'dial', { phoneNumber: CUSTOMER.number });
  await talk(portal);
  assert.equal((await portal.outgoing()).length, 1);
});

story('where sockets are blocked the worker polls', { faults: { pullWebSocket: false } }, async (portal) => {
  // Two sockets are tried first; the documented pause between them is 15 s at most.
  await portal.listening({ transport: 'polling' });
  await signal(portal, 'dial', { phoneNumber: CUSTOMER.number });
  await talk(portal);
});

for (const version of [3, 4]) {
  story(`a push server of version ${version} is understood`, { faults: { pullVersion: version } }, async (portal) => {
    await portal.listening();
    await signal(portal, 'dial', { phoneNumber: CUSTOMER.number });
    await talk(portal);
  });
}

story('what was signalled while the connection was lost arrives once it is back', {}, async (portal) => {
  await portal.listening();
  await hear(portal);
  await signal(portal, 'one');
  await heard(portal, ['one']);
  await portal.api('PUT', '/sim/faults', { pullDown: true });
  await portal.api('POST', '/sim/pull/close', {});
  await portal.listening({ pages: 0 });
  await signal(portal, 'two');
  await portal.api('PUT', '/sim/faults', { pullDown: false });
  await heard(portal, ['one', 'two']);
});

story('channels that expire are replaced, and the next signal is heard', {}, async (portal) => {
  await portal.listening();
  await hear(portal);
  const connects = async () => (await portal.api('GET', '/sim/log?since=0')).filter(({ kind, name }) => kind === 'pull' && name === 'connect').length;
  const before = await connects();
  await portal.api('POST', '/sim/pull/expire', {});
  await until(async () => (await connects()) > before, { what: 'the page to connect again' });
  await portal.listening();
  await signal(portal, 'after');
  await heard(portal, ['after']);
});

const REFUSED = { rest: { 'pull.application.config.get': { status: 403, error: 'insufficient_scope' } } };
story('without the scope pull the worker says what is missing, once, and calls come all the same', { faults: REFUSED }, async (portal) => {
  await until(async () => (await portal.diagnostics()).errors.some(({ message }) => message.includes('scope')), {
    what: 'the diagnostics to name the scope',
  });
  await portal.ring();
  await portal.card('incoming');
  await portal.press('answer');
  await portal.card('connected');
  await portal.press('hangup');
  await portal.recorded();
  assert.equal((await portal.diagnostics()).errors.length, 1);
});
