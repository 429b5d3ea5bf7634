// Cases 1-27: how the frame is made, and the messages every placement has.

import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { bench, until } from './support.mjs';

const it = bench();

const KEYS = ['LANG', 'DOMAIN', 'PROTOCOL', 'PATH', 'AUTH_ID', 'AUTH_EXPIRES', 'REFRESH_ID', 'MEMBER_ID', 'FIRST_RUN',
  'IS_ADMIN', 'INSTALL', 'USER_OPTIONS', 'APP_OPTIONS', 'PLACEMENT', 'PLACEMENT_OPTIONS'];

test('case 1: the frame has the handshake name, no src, no sandbox, and the portal’s allow list', async () => {
  const { page } = await it.open();
  const frame = await page.locator('iframe.app-frame').evaluate((f) => Object.fromEntries(f.getAttributeNames().map((n) => [n, f.getAttribute(n)])));
  assert.match(frame.name, /^portal\.localhost:\d+\|0\|[0-9a-f]{32}$/);
  assert.ok(!('src' in frame) && !('sandbox' in frame));
  assert.equal(frame.allow, 'geolocation *; microphone *; camera *; autoplay *;');
  assert.equal(frame.id, `appframe_${frame.name.split('|')[2]}`);
  assert.equal(frame.frameborder, '0');
  const hidden = await page.locator('#intranet-placement-PAGE_BACKGROUND_WORKER').evaluate((box) => getComputedStyle(box).display);
  assert.equal(hidden, 'none');
});

test('case 2: the frame’s first document comes from a POST with the documented query and body', async () => {
  const { frame } = await it.open({ path: '/crm/deal/details/1/?tab=2' });
  const [post] = it.app.posts;
  const sid = await frame.evaluate(() => window.test.sid);
  assert.equal(post.method, 'POST');
  assert.equal(post.headers['content-type'], 'application/x-www-form-urlencoded');
  const domain = new URL(it.simulator.url).host;
  assert.deepEqual(post.query, [['DOMAIN', domain], ['PROTOCOL', '0'], ['LANG', 'en'], ['APP_SID', sid]]);
  assert.deepEqual(post.body.map(([name]) => name),
    ['AUTH_ID', 'AUTH_EXPIRES', 'REFRESH_ID', 'SERVER_ENDPOINT', 'member_id', 'status', 'PLACEMENT', 'PLACEMENT_OPTIONS']);
  const body = Object.fromEntries(post.body);
  assert.deepEqual([body.AUTH_EXPIRES, body.status, body.PLACEMENT], ['3600', 'L', 'PAGE_BACKGROUND_WORKER']);
  assert.deepEqual(JSON.parse(body.PLACEMENT_OPTIONS), { ID: 'PAGE_BACKGROUND_WORKER', URI: '/crm/deal/details/1/?tab=2' });
});

test('case 3: a handler URL with a query of its own is joined with &', async () => {
  await it.faults({ extraHandlerQuery: 'x=1' });
  await it.open();
  assert.match(it.app.posts[0].url, /^\/handler\?x=1&DOMAIN=/);
});

test('case 4: an unusual port of the portal is in window.name', async () => {
  const { frame } = await it.open();
  const name = await frame.evaluate(() => window.name);
  assert.equal(name.split('|')[0], new URL(it.simulator.url).host);
});

test('case 5: two renders have two SIDs', async () => {
  const one = await it.open();
  const two = await it.open();
  const sids = await Promise.all([one, two].map(({ frame }) => frame.evaluate(() => window.test.sid)));
  assert.notEqual(sids[0], sids[1]);
});

test('case 7: getInitData has all fifteen keys with their types', async () => {
  const portal = await it.open();
  const data = await portal.ask('getInitData');
  assert.deepEqual(Object.keys(data).sort(), KEYS.toSorted());
  assert.equal(data.PROTOCOL, 0);
  assert.equal(data.PATH, '/rest');
  assert.equal(data.AUTH_EXPIRES, '3600');
  assert.equal(data.PLACEMENT, 'PAGE_BACKGROUND_WORKER');
  assert.deepEqual(data.PLACEMENT_OPTIONS, { ID: 'PAGE_BACKGROUND_WORKER', URI: '/' });
  for (const key of ['FIRST_RUN', 'IS_ADMIN', 'INSTALL']) assert.equal(typeof data[key], 'boolean', key);
  for (const key of ['AUTH_ID', 'REFRESH_ID', 'MEMBER_ID', 'DOMAIN', 'LANG']) assert.equal(typeof data[key], 'string', key);
});

test('case 8: the SDK’s form without empty parts gets the same answer', async () => {
  const portal = await it.open();
  const full = await portal.ask('getInitData');
  const short = await portal.frame.evaluate(async () => {
    window.test.post(`getInitData:short:${window.test.sid}`);
    return JSON.parse(await window.test.answer('short'));
  });
  assert.deepEqual(short, full);
});

test('case 9: FIRST_RUN is true once at most', async () => {
  await it.faults({ firstRun: true });
  const portal = await it.open();
  assert.equal((await portal.ask('getInitData')).FIRST_RUN, true);
  assert.equal((await portal.ask('getInitData')).FIRST_RUN, false);
});

test('case 10: empty options are empty arrays, others objects', async () => {
  const portal = await it.open();
  const data = await portal.ask('getInitData');
  assert.deepEqual([data.USER_OPTIONS, data.APP_OPTIONS], [[], []]);
  assert.deepEqual(await portal.ask('setAppOption', { name: 'line', value: 7 }), { line: 7 });
  assert.deepEqual((await portal.ask('getInitData')).APP_OPTIONS, { line: 7 });
});

test('case 11: a message from another origin is not answered', async () => {
  const portal = await it.open();
  const sid = await portal.frame.evaluate(() => window.test.sid);
  // The portal's own page is such an origin, too.
  await portal.page.evaluate((sid) => window.postMessage(`getInitData::foreign:${sid}`, '*'), sid);
  assert.deepEqual(await portal.silence('getInitData::mine:wrong-sid', 'foreign'), []);
});

test('case 12: a message with another SID is not answered', async () => {
  const portal = await it.open();
  assert.deepEqual(await portal.silence('getInitData::x:00000000000000000000000000000000', 'x'), []);
});

test('case 13: an unknown command, or a name every object has, is not answered', async () => {
  const portal = await it.open();
  const sid = await portal.frame.evaluate(() => window.test.sid);
  for (const name of ['noSuchCommand', 'toString', 'constructor', '__proto__', '']) {
    assert.deepEqual(await portal.silence(`${name}:{}:x:${sid}`, 'x'), [], name);
  }
});

test('case 14: parameters with colons arrive intact', async () => {
  const portal = await it.open();
  assert.deepEqual(await portal.ask('setUserOption', { name: 'a', value: 'x:y::{"b":1}' }), { name: 'a', value: 'x:y::{"b":1}' });
});

test('case 15: a message without a callback has its effect and no answer', async () => {
  await it.faults({ firstRun: true });
  const portal = await it.open();
  const before = await portal.frame.evaluate(() => window.test.messages.length);
  const sid = await portal.frame.evaluate(() => window.test.sid);
  await portal.silence(`setInstall:{"install":true}::${sid}`, '');
  assert.equal(await portal.frame.evaluate(() => window.test.messages.length), before + 1, 'only the question after it was answered');
  const { frame } = await it.open();
  const data = JSON.parse(await frame.evaluate(() => window.test.ask('getInitData')));
  assert.equal(data.FIRST_RUN, false, 'the installation is remembered');
});

test('case 16: the object form of a message is the same as the string form', async () => {
  const portal = await it.open();
  const answer = await portal.frame.evaluate(async () => {
    window.test.post({ method: 'setUserOption', params: { name: 'a', value: 1 }, callback: 'obj', appSid: window.test.sid });
    return window.test.answer('obj');
  });
  assert.deepEqual(JSON.parse(answer), { name: 'a', value: 1 });
});

test('case 17: broken JSON is not answered and harms nothing', async () => {
  const portal = await it.open();
  const sid = await portal.frame.evaluate(() => window.test.sid);
  assert.deepEqual(await portal.silence(`setUserOption:{broken:x:${sid}`, 'x'), []);
});

test('case 18: an answer of nothing is the callback’s id and a colon', async () => {
  const portal = await it.open();
  const id = await portal.frame.evaluate(() => {
    window.test.post(`openApplication:{"a":1}:slider:${window.test.sid}`);
    return 'slider';
  });
  await portal.page.locator('[data-slider-close]').click();
  assert.equal(await portal.frame.evaluate((id) => window.test.answer(id), id), '');
});

test('case 22: everything the portal posts to the frame is a string', async () => {
  const portal = await it.open();
  await portal.bind();
  await portal.ring();
  await portal.ask('CallCardSetMute', { muted: true });
  const kinds = await portal.frame.evaluate(() => [...new Set(window.test.messages.map(({ data }) => typeof data))]);
  assert.deepEqual(kinds, ['string']);
});

test('case 23: setInstall is answered with its own parameters', async () => {
  await it.faults({ firstRun: true });
  const portal = await it.open();
  assert.deepEqual(await portal.ask('setInstall', { install: true }), { install: true });
});

test('case 24: setTitle is denied to this placement, setScroll is echoed', async () => {
  const portal = await it.open();
  const title = await portal.page.title();
  assert.deepEqual(await portal.answered('setTitle', { title: 'mine' }), []);
  assert.equal(await portal.page.title(), title);
  assert.deepEqual(await portal.ask('setScroll', { scroll: 10 }), { scroll: 10 });
});

test('case 25: refreshAuth gives three keys; when it fails there is no answer', async () => {
  const portal = await it.open();
  const before = await portal.ask('getInitData');
  const pair = await portal.ask('refreshAuth');
  assert.deepEqual(Object.keys(pair).sort(), ['AUTH_EXPIRES', 'AUTH_ID', 'REFRESH_ID']);
  assert.equal(typeof pair.AUTH_EXPIRES, 'string');
  assert.notEqual(pair.AUTH_ID, before.AUTH_ID);
  assert.equal((await portal.ask('getInitData')).AUTH_ID, pair.AUTH_ID);

  await it.faults({ refreshAuth: 'silent' });
  const id = await portal.frame.evaluate(() => {
    window.test.post(`refreshAuth::silent:${window.test.sid}`);
    return 'silent';
  });
  // The page's notice says that the portal has given up.
  await portal.page.locator('.toast').waitFor();
  await portal.ask('getInterface');
  assert.deepEqual(await portal.frame.evaluate((id) => window.test.answers(id), id), []);
});

test('case 26: of two layouts on a page each hears only what carries its SID', async () => {
  const portal = await it.open();
  await portal.frame.evaluate(() => void window.test.ask('openApplication', { callId: 5, bx24_width: 500 }));
  const slider = portal.page.locator('.slider iframe.app-frame');
  const inner = await portal.frameNamed(await slider.getAttribute('name'));
  const ofSlider = JSON.parse(await inner.evaluate(() => window.test.ask('getInitData')));
  assert.equal(ofSlider.PLACEMENT, 'DEFAULT');
  assert.deepEqual(ofSlider.PLACEMENT_OPTIONS, { callId: 5 });
  assert.equal((await portal.ask('getInitData')).PLACEMENT, 'PAGE_BACKGROUND_WORKER');
  assert.deepEqual(JSON.parse(await inner.evaluate(() => window.test.ask('getInterface'))), { command: [], event: [] });
  const crossed = await inner.evaluate(() => window.test.messages.length);
  assert.equal(crossed, 2, 'nothing meant for the other frame');
});

test('case 27: a frame that reloads itself shakes hands again with the same SID', async () => {
  const portal = await it.open();
  const sid = await portal.frame.evaluate(() => window.test.sid);
  await portal.frame.evaluate(() => setTimeout(() => location.assign('/handler?again'), 0));
  await until(() => it.app.posts.length === 2, { what: 'the second document' });
  await portal.frameLoaded();
  assert.equal(await portal.frame.evaluate(() => window.test.sid), sid);
  assert.equal((await portal.ask('getInitData')).PLACEMENT, 'PAGE_BACKGROUND_WORKER');
});

test('openPath opens the allowed pages in a slider and refuses others', async () => {
  const portal = await it.open();
  assert.deepEqual(await portal.ask('openPath', { path: '/settings/' }), { result: 'error', errorCode: 'PATH_NOT_AVAILABLE' });
  await portal.frame.evaluate(() => window.test.post(`openPath:{"path":"/crm/deal/details/1/"}:path:${window.test.sid}`));
  await portal.page.locator('[data-slider-close]').click();
  assert.equal(await portal.frame.evaluate(() => window.test.answer('path')), '{"result":"close"}');
});

test('closeApplication closes the app’s slider, and is silent where there is none', async () => {
  const portal = await it.open();
  assert.deepEqual(await portal.answered('closeApplication'), []);
  await portal.frame.evaluate(() => window.test.post(`openApplication:{}:open:${window.test.sid}`));
  await portal.page.locator('.slider').waitFor();
  assert.equal(await portal.ask('closeApplication'), undefined);
  assert.equal(await portal.frame.evaluate(() => window.test.answer('open')), '');
});

test('setAppOption of somebody who is no administrator is not answered', async () => {
  const portal = await it.open({ path: '/?user=2' });
  assert.equal((await portal.ask('getInitData')).IS_ADMIN, false);
  assert.deepEqual(await portal.answered('setAppOption', { name: 'a', value: 1 }), []);
});

test('no token is in the log, in the state or on the page', async () => {
  const portal = await it.open();
  const { AUTH_ID, REFRESH_ID } = await portal.ask('getInitData');
  const seen = JSON.stringify([await it.log(), await it.api('GET', '/sim/state')]) + (await portal.page.locator('.dock').innerHTML());
  assert.ok(!seen.includes(AUTH_ID) && !seen.includes(REFRESH_ID));
});
