// Cases 86-93: several tabs, navigation, sliders, and the desktop client beside the browser.

import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { bench, CARD_UNDEFINED } from './support.mjs';

const it = bench();

/** Two tabs of one browser, both with their binds done, and all the time they need to show one call. */
async function twoTabs() {
  await it.hold();
  const tabs = [await it.open(), await it.open()];
  for (const tab of tabs) await tab.bind();
  return tabs;
}

async function ringBoth(tabs) {
  const call = await it.call();
  for (const tab of tabs) await tab.become('card.layout', 'crm');
  return call;
}

test('case 86: all open tabs show the card, and a click is heard in its own tab only', async () => {
  const [a, b] = await twoTabs();
  await ringBoth([a, b]);
  for (const tab of [a, b]) assert.deepEqual((await tab.events(2)).map(([name]) => name), ['entityChanged', 'initialized']);
  await a.ask('CallCardSetUiState', { uiState: 'incoming' });
  await a.click('answer');
  assert.equal((await a.events(3)).at(-1)[0], 'answerButtonClick');
  assert.equal((await b.eventsNow()).length, 2);
  assert.equal((await b.card()).uiState, 'externalCard', 'states are not mirrored');
});

test('case 87: a close in one tab closes the other’s card without an event', async () => {
  const [a, b] = await twoTabs();
  await ringBoth([a, b]);
  await a.ask('CallCardClose');
  await b.become('card', null);
  assert.equal((await b.eventsNow()).length, 2);
});

test('case 87: a close takes away whatever card another tab shows, and of a call that lives', async () => {
  await it.hold();
  const a = await it.open();
  await a.bind();
  const first = await a.ring();
  const b = await it.open();
  // Before the mark is set this tab may show another call.
  await b.ring({ PHONE_NUMBER: '+12025550191' });
  assert.equal((await a.card()).callId, first.CALL_ID);
  await a.ask('CallCardSetUiState', { uiState: 'connected' });
  await b.ask('CallCardClose');
  await a.become('card', null);
  assert.deepEqual((await a.eventsNow()).map(([name]) => name), ['entityChanged', 'initialized'], 'nobody is told');
});

test('case 89: a card that is gone within 100 ms keeps the next one away for five seconds', async () => {
  await it.hold();
  const portal = await it.open();
  await portal.ring();
  await portal.ask('CallCardClose');
  await it.advance(100);
  const { CALL_ID } = await it.call({ PHONE_NUMBER: '+12025550191' });
  await it.api('GET', `/sim/wait?kind=note&name=show%20ignored&contains=${CALL_ID}`);
  await it.advance(6_000);
  const { AUTH_ID } = await portal.ask('getInitData');
  await it.api('POST', '/rest/telephony.externalCall.show', { auth: AUTH_ID, CALL_ID });
  await portal.become('card.callId', CALL_ID);
});

test('case 89: a card that is gone later than that keeps nobody away', async () => {
  await it.hold();
  const portal = await it.open();
  await portal.ring();
  await it.advance(100);
  await portal.ask('CallCardClose');
  await portal.ring({ PHONE_NUMBER: '+12025550191' });
});

for (const [uiState, folded, asks] of [
  ['connected', false, true], ['connected', true, true], ['externalCard', false, true], ['externalCard', true, false], ['error', true, false],
]) {
  const card = `${folded ? 'a folded' : 'a'} card in the state ${uiState}`;
  test(`leaving a page with ${card} ${asks ? 'asks first' : 'asks nothing'}`, async () => {
    const portal = await it.open();
    await portal.ring();
    await portal.ask('CallCardSetUiState', { uiState });
    await portal.page.locator('h1').click(); // the browser asks only who has touched the page
    if (folded) await portal.click('doubleClick');
    const asked = [];
    const accept = (dialog) => {
      asked.push(dialog.type());
      dialog.accept();
    };
    portal.page.on('dialog', accept);
    await portal.page.reload();
    portal.page.off('dialog', accept);
    assert.deepEqual(asked, asks ? ['beforeunload'] : []);
  });
}

test('case 88: a tab opened during a call shows no card and hears nothing', async () => {
  const tabs = await twoTabs();
  const call = await ringBoth(tabs);
  await it.advance(100);
  const late = await it.open();
  await late.bind();
  assert.equal(await late.card(), null);
  await it.api('POST', '/sim/push', { users: [1], command: 'showExternalCall', params: { callId: call.CALL_ID, external: true } });
  await it.api('GET', `/sim/wait?kind=note&name=show%20ignored&page=${late.id}`);
  assert.deepEqual(await late.eventsNow(), []);
});

test('case 89: a second call during the first is not shown; after it, show works', async () => {
  const portal = await it.open();
  await portal.ring();
  const second = await it.call({ PHONE_NUMBER: '+12025550191' });
  await it.api('GET', '/sim/wait?kind=note&name=show%20ignored');
  await it.advance(100); // a card that goes sooner keeps the next one away
  await portal.ask('CallCardClose');
  const { AUTH_ID } = await portal.ask('getInitData');
  const { result } = await it.api('POST', '/rest/telephony.externalCall.show', { auth: AUTH_ID, CALL_ID: second.CALL_ID });
  assert.equal(result, true);
  await portal.become('card.callId', second.CALL_ID);
});

test('case 90: after a reload of a used page no card comes back, and show is ignored for up to five seconds', async () => {
  await it.hold();
  const before = await it.open();
  const { CALL_ID } = await before.ring();
  await before.ask('CallCardSetUiState', { uiState: 'connected' });
  await it.advance(100);
  await before.page.close();
  const portal = await it.open();
  await portal.bind('initialized');
  const { AUTH_ID } = await portal.ask('getInitData');
  assert.equal(await portal.card(), null);
  const show = () => it.api('POST', '/rest/telephony.externalCall.show', { auth: AUTH_ID, CALL_ID });
  // The end of the mark's life is rounded to a second.
  await it.advance(4499);
  await show();
  await it.api('GET', `/sim/wait?kind=note&name=show%20ignored&page=${portal.id}`);
  await it.advance(1002);
  await show();
  await portal.become('card.callId', CALL_ID);
  assert.equal((await portal.events(1)).length, 1);
});

test('case 91: a folded card nobody used comes back after a reload, but belongs to no app', async () => {
  const portal = await it.open();
  const { CALL_ID } = await portal.ring();
  await portal.click('fold');
  await portal.page.reload();
  portal.id = await portal.page.locator('html').getAttribute('data-page');
  await portal.become('card.callId', CALL_ID);
  await portal.frameLoaded();
  await portal.bind();
  assert.deepEqual(await portal.ask('CallCardSetMute', { muted: true }), CARD_UNDEFINED);
  assert.equal((await portal.card()).folded, true);
  await portal.click('close');
  assert.deepEqual(await portal.eventsNow(), []);
});

test('case 92: a slider’s document has a frame with another SID and an empty interface', async () => {
  const portal = await it.open();
  await portal.frame.evaluate(() => window.test.post(`openPath:{"path":"/crm/deal/details/1/"}:path:${window.test.sid}`));
  const slider = portal.page.frameLocator('.path-frame');
  const name = await slider.locator('iframe.app-frame').getAttribute('name');
  const inner = await portal.frameNamed(name);
  assert.notEqual(await inner.evaluate(() => window.test.sid), await portal.frame.evaluate(() => window.test.sid));
  assert.deepEqual(JSON.parse(await inner.evaluate(() => window.test.ask('getInterface'))), { command: [], event: [] });
  const { PLACEMENT, PLACEMENT_OPTIONS } = JSON.parse(await inner.evaluate(() => window.test.ask('getInitData')));
  assert.equal(PLACEMENT, 'PAGE_BACKGROUND_WORKER');
  assert.match(PLACEMENT_OPTIONS.URI, /^\/crm\/deal\/details\/1\/\?from=rest_placement/);
});

test('case 93: while a desktop client runs, pages show no card', async () => {
  await it.faults({ desktopRunning: true });
  const portal = await it.open();
  await portal.bind();
  await it.call();
  await it.api('GET', '/sim/wait?kind=note&name=show%20ignored');
  assert.equal(await portal.card(), null);
  assert.deepEqual(await portal.eventsNow(), []);
});

test('show and hide are for the employees they name, and each of them has a mark of their own', async () => {
  const [olivia, marco] = [await it.open(), await it.open({ path: '/?user=2' })];
  const { CALL_ID } = await olivia.ring();
  await it.advance(100);
  assert.equal(await marco.card(), null);
  const { AUTH_ID } = await olivia.ask('getInitData');
  const rest = (method, params) => it.api('POST', `/rest/telephony.externalCall.${method}`, { auth: AUTH_ID, CALL_ID, ...params });
  await rest('show', { USER_ID: [1, 2] });
  await marco.become('card.callId', CALL_ID);
  await rest('hide', { USER_ID: 1 });
  await olivia.become('card', null);
  assert.equal((await marco.card()).callId, CALL_ID);
  await it.faults({ finishHidesFromOne: true });
  await rest('finish', { USER_ID: 1, DURATION: 5 });
  assert.equal((await marco.card()).callId, CALL_ID, 'nobody hid it from him');
});
