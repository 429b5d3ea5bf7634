// Cases 64-85: the events of the card, their payloads on the wire, their order and their absence.

import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { bench, CARD_UNDEFINED } from './support.mjs';

const it = bench();

/** A page that has bound all events and shows a call in `state`; events up to then are forgotten. */
async function inState(state, { params, used = true } = {}) {
  const portal = await it.open();
  await portal.bind();
  await portal.ring(params);
  if (used) await portal.ask('CallCardSetUiState', { uiState: state });
  await portal.eventsNow();
  await portal.frame.evaluate(() => { window.test.events.length = 0; });
  return portal;
}

test('case 64: a CRM call raises entityChanged before initialized', async () => {
  const portal = await it.open();
  await portal.bind();
  await portal.ring();
  const events = await portal.events(2);
  assert.deepEqual(events.map(([name]) => name), ['entityChanged', 'initialized']);
  assert.deepEqual(JSON.parse(events[0][1]), { CRM_ENTITY_TYPE: 'CONTACT', CRM_ENTITY_ID: 7, PHONE_NUMBER: '+12025550123' });
});

test('case 64: an unknown client is announced with empty ids', async () => {
  const portal = await it.open();
  await portal.bind('entityChanged');
  await portal.ring({ PHONE_NUMBER: '+4930111' });
  const [[, payload]] = await portal.events(1);
  assert.deepEqual(JSON.parse(payload), { CRM_ENTITY_TYPE: '', CRM_ENTITY_ID: 0, PHONE_NUMBER: '+4930111' });
});

test('case 65: a call between colleagues raises initialized only', async () => {
  const portal = await it.open();
  await portal.bind();
  await portal.ring({ PHONE_NUMBER: '102' }, 'simple');
  assert.deepEqual((await portal.eventsNow()).map(([name]) => name), ['initialized']);
});

test('case 66: initialized has the documented keys and types', async () => {
  const portal = await it.open();
  await portal.bind('initialized');
  const { CALL_ID } = await portal.ring();
  const [[, payload]] = await portal.events(1);
  const data = JSON.parse(payload);
  assert.deepEqual(data, {
    CALL_ID, PHONE_NUMBER: '+12025550123', LINE_NUMBER: '+15550100', LINE_NAME: 'Front desk', CRM_ENTITY_TYPE: 'CONTACT', CRM_ENTITY_ID: 7,
    CRM_BINDINGS: [{ ENTITY_TYPE: 'CONTACT', ENTITY_ID: 7 }], CALL_DIRECTION: 'incoming', CALL_STATE: 'idle', CALL_LIST_MODE: false,
  });
  assert.match(CALL_ID, /^externalCall\.[0-9a-f]{32}\.\d{10}$/);
});

test('case 67: a number that is unknown is absent, one that was not given is hidden', async () => {
  const portal = await it.open();
  await portal.bind('initialized');
  await portal.ring({ PHONE_NUMBER: 'unknown' });
  await it.advance(100); // a card that goes sooner keeps the next one away
  await portal.ask('CallCardClose');
  await portal.become('card', null);
  await portal.ring({ PHONE_NUMBER: '' });
  const [one, two] = (await portal.events(2)).map(([, payload]) => JSON.parse(payload));
  assert.ok(!('PHONE_NUMBER' in one));
  assert.equal(two.PHONE_NUMBER, 'hidden');
});

for (const [number, button] of [[68, 'mute'], [69, 'hold']]) {
  test(`case ${number}: ${button} tells its new state as a boolean`, async () => {
    const portal = await inState('connected');
    await portal.click(button);
    await portal.click(button);
    assert.deepEqual(await portal.events(2), [[`${button}ButtonClick`, 'true'], [`${button}ButtonClick`, 'false']]);
  });
}

test('case 70: muted by command, a click unmutes', async () => {
  const portal = await inState('connected');
  await portal.ask('CallCardSetMute', { muted: true });
  await portal.click('mute');
  assert.deepEqual(await portal.events(1), [['muteButtonClick', 'false']]);
});

for (const [state, button] of [['incoming', 'answer'], ['incoming', 'skip'], ['connected', 'hangup'], ['outgoing', 'makeCall']]) {
  test(`case 71: ${button} has no payload and changes nothing on the card`, async () => {
    const portal = await inState(state);
    const before = await portal.card();
    await portal.click(button);
    assert.deepEqual(await portal.events(1), [[`${button}ButtonClick`, '']]);
    const after = await portal.card();
    assert.deepEqual({ ...after, timer: null }, { ...before, timer: null });
  });
}

test('case 72: redial is makeCallButtonClick', async () => {
  const portal = await inState('redial');
  assert.match(await portal.page.locator('[data-button="makeCall"]').textContent(), /Redial/);
  await portal.click('makeCall');
  assert.deepEqual(await portal.events(1), [['makeCallButtonClick', '']]);
});

test('case 73: by the time closeButtonClick arrives the card is gone', async () => {
  const portal = await inState('error');
  await portal.frame.evaluate(() => {
    window.test.onEvent['BackgroundCallCard::closeButtonClick'] = async () => {
      window.test.inHandler = await window.test.ask('CallCardSetMute', { muted: true });
      void window.test.ask('getInterface');
    };
  });
  await portal.click('close');
  assert.deepEqual(await portal.events(1), [['closeButtonClick', '']]);
  const answer = await portal.frame.evaluate(() => window.test.when(() => window.test.inHandler));
  assert.deepEqual(JSON.parse(answer), CARD_UNDEFINED);
});

test('case 74: each key of the keypad is an event with one character', async () => {
  const portal = await inState('connected');
  await portal.click('dialpad', '5*#');
  assert.deepEqual(await portal.events(3), [['dialpadButtonClick', '"5"'], ['dialpadButtonClick', '"*"'], ['dialpadButtonClick', '"#"']]);
});

test('case 74: digits typed while the keypad is open count, other keys do not', async () => {
  const portal = await inState('connected');
  await portal.page.keyboard.press('7');
  await portal.click('dialpad');
  for (const key of ['8', '*', '#', '+', 'a']) await portal.page.keyboard.press(key);
  assert.deepEqual(await portal.eventsNow(), [['dialpadButtonClick', '"8"']]);
});

test('case 74: the keypad survives a change of state', async () => {
  const portal = await inState('connected');
  await portal.click('dialpad');
  await portal.ask('CallCardSetUiState', { uiState: 'transferring' });
  await portal.page.keyboard.press('8');
  await portal.page.locator('[data-key="9"]').click();
  assert.deepEqual(await portal.events(2), [['dialpadButtonClick', '"8"'], ['dialpadButtonClick', '"9"']]);
});

test('case 75: a quality grade is a string', async () => {
  const portal = await inState('connected');
  await portal.click('quality', 4);
  assert.deepEqual(await portal.events(1), [['qualityMeterClick', '"4"']]);
});

test('case 76: an empty comment is "" on the wire', async () => {
  const portal = await inState('connected');
  await portal.click('comment', '');
  await portal.click('comment', 'wants “darker” oak');
  assert.deepEqual(await portal.events(2), [['addCommentButtonClick', '""'], ['addCommentButtonClick', '"wants “darker” oak"']]);
});

test('case 77: an employee with phones is a string, one without a number, a department nothing', async () => {
  const portal = await inState('connected');
  await portal.click('transfer', '2');
  await portal.click('transfer', '+12025550142');
  await portal.click('transfer', '4');
  await portal.click('transfer', 'D1');
  const targets = (await portal.eventsNow()).map(([, payload]) => JSON.parse(payload).target);
  assert.deepEqual(targets, ['2', '+12025550142', 4]);
});

test('case 78: before any command a transfer has the portal’s own shape', async () => {
  const portal = await inState('externalCard', { used: false });
  // No person gets an external card here without an app's command: the page is told directly.
  await portal.page.evaluate(() => document.querySelector('[data-card]').callCard.setUiState('connected'));
  await portal.click('transfer', '103');
  const [[, payload]] = await portal.events(1);
  assert.deepEqual(JSON.parse(payload), { type: 'pstn', target: '103' });
});

for (const [state, button] of [['transferring', 'cancelTransfer'], ['transferring', 'completeTransfer'], ['moneyError', 'notifyAdmin']]) {
  test(`case 79: ${button} has no payload`, async () => {
    const portal = await inState(state);
    await portal.click(button);
    assert.deepEqual(await portal.events(1), [[`${button}ButtonClick`, '']]);
  });
}

test('case 80: a client identified later is a second entityChanged, its id as it was pushed', async () => {
  const portal = await it.open();
  await portal.bind('entityChanged');
  const { CALL_ID } = await portal.ring({ PHONE_NUMBER: '+4930111' });
  for (const entityId of [21, '21']) await it.api('POST', `/sim/calls/${CALL_ID}/identify`, { entityType: 'LEAD', entityId });
  const [, ...later] = (await portal.events(3)).map(([, payload]) => JSON.parse(payload));
  assert.deepEqual(later, [21, '21'].map((CRM_ENTITY_ID) => ({ CRM_ENTITY_TYPE: 'LEAD', CRM_ENTITY_ID, PHONE_NUMBER: '+4930111' })));
});

const hide = (CALL_ID) => it.api('POST', '/sim/push', { users: [1], command: 'hideExternalCall', params: { callId: CALL_ID } });

test('case 82: finish and hide close the card without an event', async () => {
  const portal = await it.open();
  await portal.bind();
  const { AUTH_ID } = await portal.ask('getInitData');
  for (const [method, more] of [['finish', { USER_ID: 1, DURATION: 5 }], ['hide', {}]]) {
    const { CALL_ID } = await portal.ring();
    await it.advance(100); // a card that goes sooner keeps the next one away
    const before = await portal.eventsNow();
    await it.api('POST', `/rest/telephony.externalCall.${method}`, { auth: AUTH_ID, CALL_ID, ...more });
    await portal.become('card', null);
    assert.deepEqual(await portal.eventsNow(), before, method);
  }
});

/** A card whose comment is being written, and that is hidden meanwhile. */
async function lingering() {
  const portal = await it.open();
  await portal.bind();
  const { CALL_ID } = await portal.ring();
  await portal.click('comment');
  await portal.page.locator('[data-comment]').fill('half a wor');
  await hide(CALL_ID);
  await portal.become('card.lingers', true);
  return { portal, CALL_ID };
}

const comments = async (portal) => (await portal.eventsNow()).filter(([name]) => name === 'addCommentButtonClick');
const comment = async (CALL_ID) => (await it.api('GET', '/sim/calls')).find((call) => call.CALL_ID === CALL_ID).comment;

test('case 83: with the comment editor open a hidden card stays 65 s, then saves and closes', async () => {
  const { portal, CALL_ID } = await lingering();
  await it.advance(60_000);
  assert.equal((await portal.card())?.callId, CALL_ID);
  assert.deepEqual(await portal.ask('CallCardSetStatusText', { statusText: 'still there' }), []);
  await it.advance(5_000);
  await portal.become('card', null);
  assert.deepEqual(await comments(portal), [['addCommentButtonClick', '"half a wor"']]);
  assert.equal(await comment(CALL_ID), 'half a wor');
});

test('case 83: who goes on writing has 65 s from the last letter', async () => {
  const { portal, CALL_ID } = await lingering();
  await it.advance(60_000);
  await portal.page.locator('[data-comment]').fill('half a word');
  await it.advance(60_000);
  assert.equal((await portal.card())?.callId, CALL_ID);
  await it.advance(5_000);
  await portal.become('card', null);
  assert.deepEqual(await comments(portal), [['addCommentButtonClick', '"half a word"']]);
});

test('case 83: CallCardClose loses an open comment', async () => {
  const portal = await it.open();
  await portal.bind();
  const { CALL_ID } = await portal.ring();
  await portal.click('comment');
  await portal.page.locator('[data-comment]').fill('half a wor');
  await portal.ask('CallCardClose');
  assert.equal(await portal.card(), null);
  assert.deepEqual(await comments(portal), []);
  assert.equal(await comment(CALL_ID), '');
});

test('case 83: CallCardClose does not call off the wait of a card that lingers, and no app is told of its comment', async () => {
  const { portal } = await lingering();
  await portal.ask('CallCardClose');
  await it.advance(65_000);
  await it.api('GET', `/sim/wait?kind=note&name=portal%20error&page=${portal.id}`);
  assert.deepEqual(await comments(portal), []);
});

test('case 83: a card that lingered with its comment saved, and was closed, takes the next card with it', async () => {
  await it.hold();
  const { portal } = await lingering();
  await portal.click('comment');
  await it.advance(100); // a card that goes sooner keeps the next one away
  await portal.ask('CallCardClose');
  const next = await portal.ring({ PHONE_NUMBER: '+12025550191' });
  await it.advance(64_800);
  assert.equal((await portal.card()).callId, next.CALL_ID);
  await it.advance(100);
  await portal.become('card', null);
});

test('case 84: hide for another call does nothing', async () => {
  const portal = await inState('connected');
  await hide('externalCall.0123456789abcdef0123456789abcdef.1');
  assert.notEqual(await portal.card(), null);
  assert.deepEqual(await portal.eventsNow(), []);
});

test('nextButtonClick cannot happen: an external card has no such button', async () => {
  const portal = await inState('connected');
  await assert.rejects(portal.click('next'), /409.*next/);
});

test('a click on a button that is not on the card says what is', async () => {
  const portal = await inState('incoming');
  await assert.rejects(portal.click('mute'), /409.*answer, skip/);
  await portal.ask('CallCardClose');
  await assert.rejects(portal.click('mute'), /409.*no call card/);
});
