// Cases 37-62: the nine commands as a browser page obeys them, and case 61 for the desktop client.

import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { bench, CARD_UNDEFINED } from './support.mjs';

const it = bench();

const LISTED = ['incoming', 'transferIncoming', 'outgoing', 'connectingIncoming', 'connectingOutgoing', 'connected', 'transferring',
  'transferFailed', 'transferConnected', 'error', 'moneyError', 'redial'];
const INVALID = [{ result: 'error', errorCode: 'Invalid ui state' }];
const NEVER = 3_600_000;

/** A page with an external call of a CRM client on it. */
async function ringing(params, layout) {
  const portal = await it.open();
  await portal.ring(params, layout);
  return portal;
}

const setUiState = (portal, uiState, more = {}) => portal.ask('CallCardSetUiState', { uiState, ...more });
const pressed = (portal, name) => portal.page.locator(`[data-card] [data-button="${name}"]`).getAttribute('aria-pressed');

test('case 37: without a card every card command says so', async () => {
  const portal = await it.open();
  for (const [command, params] of [['CallCardSetMute', { muted: true }], ['CallCardSetHold', { held: true }],
    ['CallCardSetUiState', { uiState: 'connected' }], ['CallCardSetCardTitle', { title: 'a' }], ['CallCardSetStatusText', { statusText: 'a' }],
    ['CallCardClose'], ['CallCardStartTimer'], ['CallCardStopTimer']]) {
    assert.deepEqual(await portal.ask(command, params), CARD_UNDEFINED, command);
  }
});

test('case 38: CallCardGetListUiStates needs no card and names twelve states in order', async () => {
  const portal = await it.open();
  assert.deepEqual(await portal.ask('CallCardGetListUiStates'), LISTED);
});

test('case 39: a card of the portal’s own telephony is nobody’s', async () => {
  const portal = await it.open();
  await portal.bind();
  await portal.ring({ own: true });
  assert.deepEqual(await portal.ask('CallCardSetMute', { muted: true }), CARD_UNDEFINED);
  assert.deepEqual(await portal.ask('CallCardGetListUiStates'), LISTED);
  assert.deepEqual(await portal.eventsNow(), []);
});

test('case 40: SetMute true activates the button, answers [] and raises no muteButtonClick', async () => {
  const portal = await ringing();
  await portal.bind('muteButtonClick');
  await setUiState(portal, 'connected');
  assert.equal(await pressed(portal, 'mute'), 'false');
  assert.deepEqual(await portal.ask('CallCardSetMute', { muted: true }), []);
  assert.equal(await pressed(portal, 'mute'), 'true');
  assert.deepEqual(await portal.eventsNow(), []);
});

test('case 41: SetMute true again answers [] and changes nothing', async () => {
  const portal = await ringing();
  await setUiState(portal, 'connected');
  await portal.ask('CallCardSetMute', { muted: true });
  assert.deepEqual(await portal.ask('CallCardSetMute', { muted: true }), []);
  assert.equal(await pressed(portal, 'mute'), 'true');
});

test('case 42: SetMute without parameters is SetMute false', async () => {
  const portal = await ringing();
  await setUiState(portal, 'connected');
  await portal.ask('CallCardSetMute', { muted: true });
  assert.deepEqual(await portal.ask('CallCardSetMute'), []);
  assert.equal(await pressed(portal, 'mute'), 'false');
});

test('case 43: SetHold activates, repeats and defaults as SetMute does', async () => {
  const portal = await ringing();
  await portal.bind('holdButtonClick');
  await setUiState(portal, 'connected');
  for (const [params, active] of [[{ held: true }, 'true'], [{ held: true }, 'true'], [undefined, 'false']]) {
    assert.deepEqual(await portal.ask('CallCardSetHold', params), []);
    assert.equal(await pressed(portal, 'hold'), active);
  }
  assert.deepEqual(await portal.eventsNow(), []);
});

test('case 44: connected in the CRM layout has seven buttons, a running timer and an answer', async () => {
  const portal = await ringing();
  assert.deepEqual(await setUiState(portal, 'connected'), []);
  const card = await portal.card();
  assert.deepEqual(card.buttons, ['hold', 'mute', 'quality', 'fold', 'transfer', 'dialpad', 'hangup']);
  assert.equal(card.timerRunning, true);
  await it.advance(3000);
  assert.match(await portal.page.locator('[data-timer]').textContent(), /^00:0[3-9]$/);
});

test('case 45: connected before the CRM part changes state and timer and is not answered', async () => {
  await it.faults({ crmCardDelayMs: NEVER });
  const portal = await ringing({}, 'simple');
  assert.deepEqual(await portal.answered('CallCardSetUiState', { uiState: 'connected' }), []);
  const { uiState, timerRunning, layout } = await portal.card();
  assert.deepEqual({ uiState, timerRunning, layout }, { uiState: 'connected', timerRunning: true, layout: 'simple' });
  assert.deepEqual(await portal.answered('CallCardStartTimer'), []);
});

test('case 45: a call between colleagues stays in the simple layout', async () => {
  const portal = await ringing({ PHONE_NUMBER: '102' }, 'simple');
  assert.deepEqual(await portal.answered('CallCardSetUiState', { uiState: 'connected' }), []);
});

test('case 45: when the CRM part fails the card stays in the simple layout', async () => {
  await it.faults({ crmCardFails: true, crmCardDelayMs: 0 });
  const portal = await ringing({}, 'simple');
  await it.api('GET', '/sim/wait?kind=note&name=crm%20card');
  assert.equal((await portal.card()).layout, 'simple');
});

test('case 47: connected with disableAutoStartTimer has no timer and is answered', async () => {
  const portal = await ringing();
  assert.deepEqual(await setUiState(portal, 'connected', { disableAutoStartTimer: true }), []);
  const { timer, timerRunning } = await portal.card();
  assert.deepEqual({ timer, timerRunning }, { timer: null, timerRunning: false });
  assert.equal(await portal.page.locator('[data-timer]').isVisible(), false);
});

test('case 48: an unknown or missing state is refused', async () => {
  const portal = await ringing();
  for (const params of [{ uiState: 'bogus' }, {}, undefined]) {
    assert.deepEqual(await portal.ask('CallCardSetUiState', params), INVALID);
  }
});

test('case 48: a name that every object has is taken for a state, and leaves a card without buttons', async () => {
  const portal = await ringing();
  for (const uiState of ['toString', 'constructor']) {
    assert.deepEqual(await setUiState(portal, uiState), []);
    assert.deepEqual((await portal.card()).buttons, []);
  }
  assert.deepEqual(await setUiState(portal, 'connected'), []);
  assert.equal((await portal.card()).buttons.length, 7);
});

for (const [state, type, buttons] of [
  ['idle', 2, ['close']], ['idle', 1, ['makeCall', 'close']], ['idle', 4, []],
  ['sipPhoneError', 2, ['sipPhone', 'close']], ['externalCard', 2, ['close', 'fold']],
]) {
  const kind = { 1: 'an outgoing call', 2: 'an incoming call', 4: 'a callback' }[type];
  test(`case 49: ${state} is accepted although it is not listed, and has ${buttons.join(', ') || 'no button'} on ${kind}`, async () => {
    const portal = await ringing({ TYPE: type });
    assert.deepEqual(await setUiState(portal, state), []);
    const card = await portal.card();
    assert.deepEqual([card.uiState, card.buttons], [state, buttons]);
    await portal.click('esc');
    assert.equal((await portal.card()) === null, state !== 'externalCard');
  });
}

test('case 50: the timer goes on while a call is transferred', async () => {
  const portal = await ringing();
  await setUiState(portal, 'connected');
  await it.advance(10_000);
  await setUiState(portal, 'transferring');
  await it.advance(10_000);
  await setUiState(portal, 'transferFailed');
  await it.advance(10_000);
  const { timer, timerRunning } = await portal.card();
  assert.match(timer, /^00:3\d$/);
  assert.equal(timerRunning, true);
});

test('case 51: connected, redial, connected counts from zero', async () => {
  const portal = await ringing();
  await setUiState(portal, 'connected');
  await it.advance(600_000);
  await setUiState(portal, 'redial');
  assert.equal((await portal.card()).timer, null);
  await setUiState(portal, 'connected');
  assert.match((await portal.card()).timer, /^00:/);
});

test('case 52: StopTimer and StartTimer are silent, and the pause counts', async () => {
  const portal = await ringing();
  await setUiState(portal, 'connected');
  await it.advance(10_000);
  assert.deepEqual(await portal.answered('CallCardStopTimer'), []);
  const stopped = await portal.card();
  assert.equal(stopped.timerRunning, false);
  await it.advance(300_000);
  assert.equal((await portal.card()).timer, stopped.timer, 'stands still');
  assert.deepEqual(await portal.answered('CallCardStartTimer'), []);
  assert.match((await portal.card()).timer, /^05:1\d$/);
});

test('case 53: StartTimer and StopTimer without a card do answer', async () => {
  const portal = await it.open();
  assert.deepEqual(await portal.ask('CallCardStartTimer'), CARD_UNDEFINED);
  assert.deepEqual(await portal.ask('CallCardStopTimer'), CARD_UNDEFINED);
});

test('case 54: StartTimer twice is one timer', async () => {
  const portal = await ringing();
  await setUiState(portal, 'connected', { disableAutoStartTimer: true });
  await portal.answered('CallCardStartTimer');
  await it.advance(60_000);
  await portal.answered('CallCardStartTimer');
  assert.match((await portal.card()).timer, /^01:/);
  await portal.answered('CallCardStopTimer');
  assert.equal((await portal.card()).timerRunning, false);
});

for (const state of ['externalCard', 'connectingOutgoing']) {
  test(`case 54: a timer started in ${state} runs unseen until a state shows it`, async () => {
    const portal = await ringing();
    await setUiState(portal, state);
    assert.deepEqual(await portal.answered('CallCardStartTimer'), []);
    await it.advance(10_000);
    const { timer, timerRunning } = await portal.card();
    assert.deepEqual([timer, timerRunning], [null, true]);
    await setUiState(portal, 'connected');
    assert.match((await portal.card()).timer, /^00:1\d$/);
  });
}

test('case 55: SetCardTitle writes text, never markup; a missing title is the word undefined, null is nothing', async () => {
  const portal = await ringing();
  assert.deepEqual(await portal.ask('CallCardSetCardTitle', { title: 'a <b>&amp;' }), []);
  assert.equal(await portal.page.locator('[data-title]').textContent(), 'a <b>&amp;');
  assert.deepEqual(await portal.ask('CallCardSetCardTitle'), []);
  assert.equal(await portal.page.locator('[data-title]').textContent(), 'undefined');
  assert.deepEqual(await portal.ask('CallCardSetCardTitle', { title: null }), []);
  assert.equal(await portal.page.locator('[data-title]').textContent(), '');
});

test('case 56: a title set at once may be overwritten by the page’s own, with the number as the portal writes it', async () => {
  await it.faults({ lateTitleMs: NEVER });
  const portal = await it.open();
  await portal.bind('initialized');
  await portal.ring();
  await portal.ask('CallCardSetCardTitle', { title: 'mine' });
  await it.faults({ lateTitleMs: 0 });
  await portal.become('card.title', 'Incoming call from +1 202-555-0123, to Front desk');
});

test('case 57: SetStatusText writes the text; null is nothing', async () => {
  const portal = await ringing();
  await setUiState(portal, 'incoming');
  assert.deepEqual(await portal.ask('CallCardSetStatusText', { statusText: 'On the line' }), []);
  assert.equal(await portal.page.locator('[data-status]').textContent(), 'On the line');
  assert.deepEqual(await portal.ask('CallCardSetStatusText', { statusText: null }), []);
  assert.equal((await portal.card()).statusText, '');
});

for (const state of ['externalCard', 'error', 'moneyError', 'redial']) {
  test(`case 57: in the CRM layout ${state} shows no text until an earlier state has shown one`, async () => {
    const portal = await ringing();
    await setUiState(portal, state);
    await portal.ask('CallCardSetStatusText', { statusText: 'No money left' });
    assert.equal((await portal.card()).statusText, null);
    assert.equal(await portal.page.locator('[data-status]').isVisible(), false);
    await setUiState(portal, 'incoming');
    await setUiState(portal, state);
    assert.equal((await portal.card()).statusText, 'No money left');
    assert.equal(await portal.page.locator('[data-status]').isVisible(), true);
  });
}

test('case 57: the simple layout always shows its text', async () => {
  const portal = await ringing({ PHONE_NUMBER: '102' }, 'simple');
  await setUiState(portal, 'error');
  await portal.ask('CallCardSetStatusText', { statusText: 'Nobody there' });
  assert.equal((await portal.card()).statusText, 'Nobody there');
});

test('case 58: Close takes the card away without an event, and later commands find none', async () => {
  const portal = await it.open();
  await portal.bind();
  await portal.ring();
  const before = await portal.eventsNow();
  assert.deepEqual(await portal.ask('CallCardClose'), []);
  assert.equal(await portal.page.locator('[data-card]').count(), 0);
  assert.deepEqual(await portal.ask('CallCardSetMute', { muted: true }), CARD_UNDEFINED);
  assert.deepEqual(await portal.eventsNow(), before);
});

const STATES = {
  incoming: [['answer', 'skip'], false],
  transferIncoming: [['answer', 'skip'], false],
  outgoing: [['makeCall'], true],
  connectingIncoming: [['hangup'], false],
  connectingOutgoing: [['hangup'], false],
  connected: [['hold', 'mute', 'quality', 'fold', 'transfer', 'dialpad', 'hangup'], false],
  transferring: [['completeTransfer', 'cancelTransfer'], false],
  transferFailed: [['cancelTransfer'], false],
  transferConnected: [['hangup'], false],
  error: [['close'], true],
  moneyError: [['notifyAdmin', 'close'], true],
  redial: [['makeCall'], true],
};

for (const [state, [buttons, esc]] of Object.entries(STATES)) {
  test(`case 59: ${state} shows ${buttons.join(', ')} and ${esc ? 'closes' : 'stays'} on Esc`, async () => {
    const portal = await ringing();
    await setUiState(portal, state);
    const shown = await portal.page.locator('[data-card] [data-button]').evaluateAll((all) => all.map((one) => one.dataset.button));
    assert.deepEqual(shown.filter((name) => name !== 'comment').toSorted(), buttons.toSorted());
    assert.deepEqual((await portal.card()).buttons, buttons);
    await portal.click('esc');
    assert.equal((await portal.card()) === null, esc);
  });
}

test('case 59: transferFailed keeps what Esc did before', async () => {
  const portal = await ringing();
  await setUiState(portal, 'redial');
  await setUiState(portal, 'transferFailed');
  await portal.click('esc');
  assert.equal(await portal.card(), null);
});

test('case 60: after any command a transfer names the number and the target', async () => {
  const portal = await it.open();
  await portal.bind('transferButtonClick');
  await portal.ask('CallCardGetListUiStates');
  await portal.ring();
  await setUiState(portal, 'connected');
  await portal.click('transfer', '102');
  const [[, payload]] = await portal.events(1);
  assert.deepEqual(JSON.parse(payload), { phoneNumber: '+12025550123', target: '102' });
});

test('case 61: the desktop client answers in its own way', async () => {
  await it.faults({ desktop: true });
  const portal = await it.open();
  assert.deepEqual(await portal.ask('CallCardSetCardTitle', { title: 'a' }), [], 'before any card');
  assert.deepEqual(await portal.answered('CallCardSetMute'), [{ result: 'error', errorCode: 'missing field muted' }]);
  assert.deepEqual(await portal.answered('CallCardSetHold'), [[{ result: 'error', errorCode: 'missing field held' }], []]);
  assert.deepEqual(await portal.ask('CallCardSetCardTitle'), [{ result: 'error', errorCode: 'missing field title' }]);
  assert.deepEqual(await portal.ask('CallCardSetStatusText'), [{ result: 'error', errorCode: 'missing field statusText' }]);
  assert.deepEqual(await portal.ask('CallCardSetUiState'), INVALID);
  assert.deepEqual(await portal.ask('CallCardStartTimer'), []);
  assert.deepEqual(await portal.ask('CallCardClose'), []);
  assert.deepEqual(await portal.ask('CallCardSetMute', { muted: true }), CARD_UNDEFINED, 'after a close');
});

test('case 62: a timer kept off before the CRM part starts when that arrives', async () => {
  await it.faults({ crmCardDelayMs: NEVER });
  const portal = await ringing({}, 'simple');
  assert.deepEqual(await setUiState(portal, 'connected', { disableAutoStartTimer: true }), []);
  assert.equal((await portal.card()).timerRunning, false);
  await it.faults({ crmCardDelayMs: 0 });
  await portal.become('card.layout', 'crm');
  const { timer, timerRunning } = await portal.card();
  assert.equal(timerRunning, true);
  assert.match(timer, /^00:0\d$/);
});

test('case 62: a timer that was stopped stays so when the CRM part comes a second time', async () => {
  const portal = await it.open();
  await portal.bind('entityChanged');
  const { CALL_ID } = await portal.ring();
  await setUiState(portal, 'connected');
  await portal.answered('CallCardStopTimer');
  await it.api('POST', `/sim/calls/${CALL_ID}/identify`, { entityType: 'LEAD', entityId: 21 });
  await portal.page.locator('.card-name', { hasText: 'Jonas Weber' }).waitFor();
  assert.equal((await portal.card()).timerRunning, false);
});
