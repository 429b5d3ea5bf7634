// Case 81 and what hangs on it: a folded card keeps the elements it had, and unfolding brings back just those.

import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { bench } from './support.mjs';

const it = bench();
const NEVER = 3_600_000;
const CONNECTED = ['hold', 'mute', 'quality', 'fold', 'transfer', 'dialpad', 'hangup'];

/** A page that has bound all events and shows a call in `uiState`; events up to then are forgotten. */
async function inState(uiState, layout = 'crm') {
  const portal = await it.open();
  await portal.bind();
  await portal.ring({}, layout);
  await portal.ask('CallCardSetStatusText', { statusText: 'before' });
  await setUiState(portal, uiState);
  await portal.eventsNow();
  await portal.frame.evaluate(() => { window.test.events.length = 0; });
  return portal;
}

const setUiState = (portal, uiState) => portal.ask('CallCardSetUiState', { uiState });

test('case 81: folding and unfolding raise no event, and a folded card has only hangup or close, and its time', async () => {
  const portal = await inState('connected');
  await portal.click('fold');
  const folded = await portal.card();
  assert.deepEqual([folded.folded, folded.buttons, folded.title, folded.statusText], [true, ['hangup'], null, null]);
  assert.match(folded.timer, /^00:/);
  await assert.rejects(portal.click('mute'), /409/);
  await portal.click('unfold');
  assert.deepEqual((await portal.card()).buttons, CONNECTED);
  await setUiState(portal, 'externalCard');
  await portal.click('fold');
  assert.deepEqual((await portal.card()).buttons, ['close']);
  assert.deepEqual(await portal.eventsNow(), []);
});

test('case 81: muted while folded, the card shows the microphone on after unfolding, and a click opens it', async () => {
  const portal = await inState('connected');
  await portal.click('fold');
  assert.deepEqual(await portal.ask('CallCardSetMute', { muted: true }), []);
  await portal.click('unfold');
  const card = await portal.card();
  assert.deepEqual([card.muted, card.pressed], [true, []]);
  // Whoever says it once more changes nothing.
  assert.deepEqual(await portal.ask('CallCardSetMute', { muted: true }), []);
  assert.deepEqual((await portal.card()).pressed, []);
  await portal.click('mute');
  assert.deepEqual(await portal.events(1), [['muteButtonClick', 'false']]);
});

test('case 81: the next state draws the buttons anew, and text and title must be sent again', async () => {
  const portal = await inState('connected');
  await portal.ask('CallCardSetCardTitle', { title: 'old' });
  await portal.click('fold');
  await portal.ask('CallCardSetMute', { muted: true });
  await portal.ask('CallCardSetHold', { held: true });
  await portal.ask('CallCardSetStatusText', { statusText: 'after' });
  await portal.ask('CallCardSetCardTitle', { title: 'new' });
  await portal.click('unfold');
  await setUiState(portal, 'connected');
  const { pressed, statusText, title } = await portal.card();
  assert.deepEqual([pressed, statusText, title], [['hold', 'mute'], 'before', 'old']);
  await portal.ask('CallCardSetStatusText', { statusText: 'after' });
  assert.equal((await portal.card()).statusText, 'after');
});

test('case 81: an outgoing call folded while it connects has the old button, the old text and no timer after unfolding', async () => {
  const portal = await inState('connectingOutgoing');
  await portal.click('doubleClick');
  assert.deepEqual(await setUiState(portal, 'connected'), []);
  await portal.ask('CallCardSetStatusText', { statusText: 'On the line' });
  assert.match((await portal.card()).timer, /^00:/, 'the panel shows the time');
  await portal.click('unfold');
  const { buttons, statusText, timer, timerRunning } = await portal.card();
  assert.deepEqual([buttons, statusText, timer, timerRunning], [['hangup'], 'before', null, true]);
  assert.equal(await portal.page.locator('[data-timer]').isVisible(), false);
  await setUiState(portal, 'connected');
  assert.deepEqual((await portal.card()).buttons, CONNECTED);
  await it.advance(1000); // its time is written at the next second
  assert.match((await portal.card()).timer, /^00:/);
});

test('folded before the CRM part comes, the card cannot be unfolded, has Hang up alone, and never answers connected', async () => {
  await it.faults({ crmCardDelayMs: NEVER });
  const portal = await inState('externalCard', 'simple');
  await portal.click('fold');
  await setUiState(portal, 'connectingIncoming');
  await it.faults({ crmCardDelayMs: 0 });
  await portal.become('card.layout', 'crm');
  const came = await portal.card();
  assert.deepEqual([came.folded, came.buttons, came.statusText], [true, ['hangup'], 'before']);
  await assert.rejects(portal.click('unfold'), /409/);
  for (let times = 0; times < 2; times++) {
    assert.deepEqual(await portal.answered('CallCardSetUiState', { uiState: 'connected' }), []);
    const { buttons, timerRunning } = await portal.card();
    assert.deepEqual([buttons, timerRunning], [['hangup'], true]);
  }
  await portal.page.locator('[data-card] .card-name').dblclick();
  assert.equal((await portal.card()).layout, 'crm');
  await portal.click('hangup');
  assert.deepEqual(await portal.events(1), [['hangupButtonClick', '']]);
});

test('folded in the simple layout, connected is not answered either, and the elements that come back have no timer', async () => {
  const portal = await it.open();
  await portal.ring({ PHONE_NUMBER: '102' }, 'simple');
  await portal.click('fold');
  assert.deepEqual(await portal.answered('CallCardSetUiState', { uiState: 'connected' }), []);
  assert.match((await portal.card()).timer, /^00:/);
  await portal.click('unfold');
  const { buttons, timer } = await portal.card();
  assert.deepEqual([buttons, timer], [['close', 'fold'], null]);
});

for (const state of ['incoming', 'transferring']) {
  test(`a double click folds the CRM layout, also in the state ${state}, to a panel without buttons`, async () => {
    const portal = await inState(state);
    await portal.page.locator('[data-card] .card-name').dblclick();
    const { folded, buttons } = await portal.card();
    assert.deepEqual([folded, buttons], [true, []]);
    await portal.click('unfold');
    assert.equal((await portal.card()).buttons.length, 2);
    assert.deepEqual(await portal.eventsNow(), []);
  });
}

test('a doubled click on a button is two clicks, and folds the card', async () => {
  const portal = await inState('incoming');
  await portal.page.locator('[data-card] [data-button="answer"]').dblclick();
  assert.deepEqual(await portal.events(2), [['answerButtonClick', ''], ['answerButtonClick', '']]);
  assert.equal((await portal.card()).folded, true);
});

test('the simple layout does not fold by a double click', async () => {
  const portal = await it.open();
  await portal.ring({ PHONE_NUMBER: '102' }, 'simple');
  await portal.page.locator('[data-card] .card-name').dblclick();
  assert.equal((await portal.card()).folded, false);
});

test('of a folded card Esc closes nothing', async () => {
  const portal = await inState('redial');
  await portal.click('doubleClick');
  await portal.click('esc');
  assert.equal((await portal.card()).folded, true);
  await portal.click('unfold');
  await portal.click('esc');
  assert.equal(await portal.card(), null);
});
