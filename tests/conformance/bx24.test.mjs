// The BX24.js stand-in in a real frame: cases 6, 19-21, 25, 33, 103, 105-107 and the library's habits.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from '../support/test.mjs';
import { bench, CARD_UNDEFINED, EVENTS, until } from './support.mjs';

const it = bench({ library: 'bx24' });

const source = ['wire', 'rest', 'api'].map((part) => readFileSync(new URL(`../../crates/simulator/www/bx24/${part}.js`, import.meta.url), 'utf8')).join('');

/** A page whose app has called BX24.init. */
async function started() {
  const portal = await it.open();
  await portal.frame.evaluate(() => new Promise((resolve) => BX24.init(resolve)));
  return portal;
}

/** The messages of the frame, as the portal logged them. */
const sent = async (name) => (await it.log()).filter((entry) => entry.kind === 'in' && (!name || entry.name === name)).map(({ text }) => text);

test('case 6: outside a frame BX24 is null and the script throws', () => {
  for (const name of ['', 'portal.example', 'portal.example|1|']) {
    const window = { name };
    assert.throws(() => new Function('window', 'parent', source)(window, { postMessage: () => assert.fail('nothing is posted') }), /Unable to initialize/);
    assert.equal(window.BX24, null);
  }
});

test('it says getInitData at once, with every part in place', async () => {
  await started();
  const [text] = await sent('getInitData');
  assert.match(text, /^getInitData::[0-9a-z]{32}:[0-9a-f]{32}$/);
});

test('it tells auth, language, domain and placement', async () => {
  const portal = await started();
  const told = await portal.frame.evaluate(() => ({
    auth: BX24.getAuth(), lang: BX24.getLang(), domain: BX24.getDomain(), info: BX24.placement.info(), admin: BX24.isAdmin(),
  }));
  assert.equal(told.domain, new URL(it.simulator.url).host);
  assert.deepEqual(told.info, { placement: 'PAGE_BACKGROUND_WORKER', options: { ID: 'PAGE_BACKGROUND_WORKER', URI: '/' } });
  assert.deepEqual([told.lang, told.admin], ['en', true]);
  assert.ok(told.auth.expires_in > Date.now(), 'a point in time');
});

test('case 19: an empty payload arrives as an empty array', async () => {
  const portal = await started();
  await portal.ring();
  await portal.frame.evaluate(() => BX24.placement.bindEvent('BackgroundCallCard::answerButtonClick', (data) => { window.got = data; }));
  await portal.frame.evaluate(() => new Promise((resolve) => BX24.placement.call('CallCardSetUiState', { uiState: 'incoming' }, resolve)));
  await portal.click('answer');
  assert.deepEqual(await until(() => portal.frame.evaluate(() => window.got), { what: 'the event' }), []);
});

test('cases 20, 21: foreign origins and unknown ids are ignored without an exception', async () => {
  const portal = await started();
  const failed = [];
  portal.page.on('pageerror', (error) => failed.push(error.message));
  await portal.frame.evaluate(() => {
    window.postMessage('whoever:{"a":1}', '*');
    window.postMessage({ a: 1 }, '*');
  });
  await portal.ask('getInterface');
  assert.deepEqual(failed, []);
});

test('cases 29, 37: the interface and a command through BX24.placement', async () => {
  const portal = await started();
  const { command, event } = await portal.frame.evaluate(() => new Promise((resolve) => BX24.placement.getInterface(resolve)));
  assert.equal(command.length, 9);
  assert.deepEqual(event, EVENTS);
  const answer = await portal.frame.evaluate(() => new Promise((resolve) => BX24.placement.call('CallCardSetMute', { muted: true }, resolve)));
  assert.deepEqual(answer, CARD_UNDEFINED);
});

test('a name that BX24 has itself goes nowhere', async () => {
  const portal = await started();
  await portal.frame.evaluate(() => BX24.placement.call('init', {}, () => { window.got = true; }));
  await portal.ask('getInterface');
  assert.deepEqual(await sent('init'), []);
});

test('case 33: its callbacks are kept: an event is heard again and again', async () => {
  const portal = await started();
  await portal.ring();
  await portal.frame.evaluate(() => {
    window.got = [];
    BX24.placement.bindEvent('BackgroundCallCard::muteButtonClick', (data) => window.got.push(data));
    return new Promise((resolve) => BX24.placement.call('CallCardSetUiState', { uiState: 'connected' }, resolve));
  });
  for (let i = 0; i < 3; i++) await portal.click('mute');
  await until(() => portal.frame.evaluate(() => window.got.length === 3), { what: 'three events' });
  assert.deepEqual(await portal.frame.evaluate(() => window.got), [true, false, true]);
});

test('case 25: refreshAuth calls back with the new pair, and not at all when it fails', async () => {
  const portal = await started();
  const [before, after] = await portal.frame.evaluate(() => new Promise((resolve) => {
    const before = BX24.getAuth();
    BX24.refreshAuth((after) => resolve([before, after]));
  }));
  assert.notEqual(after.access_token, before.access_token);
  await it.faults({ refreshAuth: 'silent' });
  await portal.frame.evaluate(() => BX24.refreshAuth(() => { window.got = true; }));
  await portal.page.locator('.toast').waitFor();
  await portal.ask('getInterface');
  assert.equal(await portal.frame.evaluate(() => window.got), undefined);
});

const callMethod = (portal, method, params) => portal.frame.evaluate(([method, params]) => new Promise((resolve) => {
  BX24.callMethod(method, params, (result) => resolve({
    data: result.data(), error: result.error() ? [result.error().getStatus(), result.error().getError().error, String(result.error())] : null, more: result.more(),
  }));
}), [method, params]);

test('case 103: callMethod sends a form as text/plain without a preflight', async () => {
  const portal = await started();
  const types = [];
  portal.page.on('request', (request) => request.url().includes('/rest/') && types.push([request.method(), request.headers()['content-type'], request.postData()]));
  const { data, error } = await callMethod(portal, 'profile', { a: { b: 'c d', e: [] }, d: [1, 2] });
  assert.deepEqual([data.ID, error], ['1', null]);
  assert.equal(types.length, 1);
  assert.deepEqual(types[0].slice(0, 2), ['POST', 'text/plain;charset=UTF-8']);
  assert.match(decodeURIComponent(types[0][2]), /^auth=[0-9a-f]{70}&a\[b\]=c d&a\[e\]=&d\[0\]=1&d\[1\]=2$/);
});

test('callMethod hands over the errors of 4xx, and throws without parameters', async () => {
  const portal = await started();
  assert.deepEqual((await callMethod(portal, 'no.such.method', {})).error.slice(0, 2), [404, 'ERROR_METHOD_NOT_FOUND']);
  await assert.rejects(portal.frame.evaluate(() => BX24.callMethod('profile')), /start/);
});

test('case 105: an expired token is refreshed and the call replayed to its caller', async () => {
  const portal = await started();
  await it.advance(3_700_000);
  const { data } = await callMethod(portal, 'profile', {});
  assert.equal(data.ID, '1');
  assert.equal((await sent('refreshAuth')).length, 1);
  const answers = (await it.log()).filter(({ kind, name }) => kind === 'rest' && name === 'profile').map(({ text }) => JSON.parse(text).status);
  assert.deepEqual(answers, [401, 200]);
});

for (const [name, fault] of [['a 503', { status: 503, error: 'QUERY_LIMIT_EXCEEDED' }], ['a lost answer', { drop: true }]]) {
  test(`case 106: ${name} calls nobody back`, async () => {
    const portal = await started();
    await it.faults({ rest: { profile: fault } });
    const thrown = await portal.frame.evaluate(() => new Promise((resolve) => {
      addEventListener('error', (event) => resolve(event.message));
      BX24.callMethod('profile', {}, () => { window.got = true; });
    }));
    assert.match(thrown, /error/i, 'all the page hears, and without details, as the script is of another origin');
    await it.faults({ rest: {} }); // not counted: a browser asks again by itself when a connection that it kept is closed
    assert.equal((await callMethod(portal, 'profile', {})).data.ID, '1');
    assert.equal(await portal.frame.evaluate(() => window.got), undefined);
  });
}

test('case 107: callBatch hands over named results and their errors', async () => {
  const portal = await started();
  const answer = await portal.frame.evaluate(() => new Promise((resolve) => {
    BX24.callBatch({ me: ['profile', {}], bad: { method: 'no.such.method', params: {} } }, (results) => {
      resolve([results.me.data().ID, results.bad.error().getError().error]);
    });
  }));
  assert.deepEqual(answer, ['1', 'ERROR_METHOD_NOT_FOUND']);
});

test('on the first run installers come before init, and the portal is told', async () => {
  await it.faults({ firstRun: true });
  it.app.inline = `
    window.order = [];
    BX24.init(() => order.push('init'));
    BX24.install(() => { order.push('install'); BX24.installFinish(); });
  `;
  const portal = await it.open();
  await until(() => portal.frame.evaluate(() => window.order.length === 2), { what: 'install and init' });
  assert.deepEqual(await portal.frame.evaluate(() => window.order), ['install', 'init']);
  assert.match((await sent('setInstall'))[0], /^setInstall:\{"install":true\}::[0-9a-f]{32}$/, 'without a callback');
  assert.deepEqual(await sent('setInstallFinish'), [], 'nothing to finish in an installed app');
});

test('without an installer the first run stays the first', async () => {
  await it.faults({ firstRun: true });
  await started();
  assert.deepEqual(await sent('setInstall'), []);
});

test('openApplication calls back when its slider closes, with an empty payload', async () => {
  const portal = await started();
  await portal.frame.evaluate(() => BX24.openApplication({ deal: 5, bx24_title: 'Deal' }, (data) => { window.got = data; }));
  await portal.page.locator('.slider header').getByText('Deal').waitFor();
  await portal.page.locator('[data-slider-close]').click();
  assert.deepEqual(await until(() => portal.frame.evaluate(() => window.got), { what: 'the callback' }), []);
});

test('a given BX24.js delay or status is obeyed', async () => {
  await it.faults({ bx24Status: 500 });
  const portal = await it.open();
  assert.equal(await portal.frame.evaluate(() => typeof BX24), 'undefined');
});
