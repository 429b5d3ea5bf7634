// Cases 99, 102, 112, 114, and the app's pages: installer, links, contact centre, uninstall.
// Posts to the backend go to a stub that writes them down.

import assert from 'node:assert/strict';
import { after, before, beforeEach } from 'node:test';
import { launchShell, WINDOW } from '../support/browser.mjs';
import { startSimulator } from '../support/servers.mjs';
import { test } from '../support/test.mjs';
import { renewOf, restOf, startBackend, tokensOf } from './app-bench.mjs';
import { until } from '../support/until.mjs';

const APP = '/marketplace/app/local.simulator/';
const VIEW = '/marketplace/view/local.simulator/';
let backend, simulator, chromium, context, rest;

before(async () => {
  backend = await startBackend();
  const { origin } = backend;
  simulator = await startSimulator({ handler: `${origin}/handler`, args: ['--install-url', `${origin}/install`] });
  rest = restOf(simulator.url);
  chromium = await launchShell();
});
beforeEach(async () => {
  await context?.close();
  context = await chromium.browser.newContext(WINDOW);
  await simulator.api('POST', '/sim/reset');
  backend.posts.length = 0;
});
after(async () => {
  await chromium?.close();
  await simulator?.stop();
  backend?.stop();
});

const api = (...request) => simulator.api(...request);
const app = () => api('GET', '/sim/app');
const wait = (query) => api('GET', `/sim/wait?${query}`);

async function open(path = '/') {
  const page = await context.newPage();
  await page.goto(simulator.url + path);
  return page;
}

/** Installs without a browser, and binds what the test needs. */
async function installed({ placements = [], events = [] } = {}) {
  const { access } = await tokensOf(simulator.url);
  for (const event of events) await rest('event.bind', { event, handler: `${backend.origin}/events` }, access);
  for (const row of placements) await api('POST', '/sim/app/placements', { HANDLER: `${backend.origin}/handler`, ...row });
  await api('POST', '/sim/app/install');
}
const WORKER = { PLACEMENT: 'PAGE_BACKGROUND_WORKER', get OPTIONS() { return { errorHandlerUrl: `${backend.origin}/error?portal=tag7` }; } };

test('an administrator opens the app, gets the installer, and the portal begins anew when it has finished', async () => {
  const { access } = await tokensOf(simulator.url);
  await rest('event.bind', { event: 'ONAPPINSTALL', handler: `${backend.origin}/events` }, access);
  const page = await open(APP);
  const form = (await backend.post('/install')).form;
  assert.deepEqual([form.PLACEMENT, form.status, form.AUTH_ID.length], ['DEFAULT', 'L', 70]);
  const frame = page.frameLocator('[data-app-page] iframe');
  await wait('kind=out&name=getInitData&contains=%22INSTALL%22:true');
  assert.equal((await app()).installed, false);
  await frame.locator('button').click();
  await page.waitForURL(/install_finished=Y/);
  assert.equal((await app()).installed, true);
  const event = (await backend.event('ONAPPINSTALL')).form;
  assert.deepEqual([event['data[INSTALLED]'], event['data[ACTIVE]'], event['auth[member_id]']], ['Y', 'Y', form.member_id]);
  assert.ok(event['auth[application_token]'] && event['auth[refresh_token]'], 'the token to know events by, and tokens to work with');
  assert.equal((await backend.post('/handler', ({ form }) => form.PLACEMENT === 'DEFAULT')).form.PLACEMENT, 'DEFAULT', 'the app is on its page now');
});

test('an employee gets no installer but a word', async () => {
  const page = await open(`${APP}?user=2`);
  await page.locator('[data-app-refused]').waitFor();
  assert.equal(await page.locator('[data-app-page] iframe').count(), 0);
  assert.deepEqual(backend.posts, []);
});

test('widgets and events wait for the end of the installation', async () => {
  await api('POST', '/sim/app/placements', { HANDLER: `${backend.origin}/handler`, ...WORKER, OPTIONS: WORKER.OPTIONS });
  await open();
  await wait('path=pages.0.interfaceReady&is=true');
  assert.deepEqual((await api('GET', '/sim/pages'))[0].frames, []);
  await api('POST', '/sim/app/install');
  await open();
  await backend.post('/handler');
});

test('an uninstall takes rows, handlers and tokens, and says so without a token to work with', async () => {
  await installed({ placements: [WORKER], events: ['ONAPPUNINSTALL', 'ONAPPINSTALL'] });
  const installation = (await backend.event('ONAPPINSTALL')).form;
  await api('POST', '/sim/app/uninstall', { clean: true });
  const { form } = await backend.event('ONAPPUNINSTALL');
  assert.equal(form['data[CLEAN]'], '1');
  assert.equal(form['auth[application_token]'], installation['auth[application_token]']);
  assert.ok(!('auth[access_token]' in form) && !('auth[refresh_token]' in form));
  const { installed: still, placements, events } = await app();
  assert.deepEqual([still, placements, events], [false, [], []]);
  assert.equal((await rest('profile', {}, installation['auth[access_token]'])).error, 'invalid_token');
  assert.equal((await renewOf(simulator.url)(installation['auth[refresh_token]'])).error, 'invalid_grant');
});

test('case 99: the eleventh slow load deletes the handler and tells its errorHandlerUrl', async () => {
  await installed({ placements: [WORKER] });
  await api('PUT', '/sim/faults', { loadLimitMs: 0 });
  for (let n = 1; n <= 10; n++) {
    const page = await open();
    await wait(`path=strikes&is=${n}`);
    await page.close();
  }
  assert.equal((await app()).placements[0].strikes, 10);
  await open();
  const notice = await backend.post('/error');
  assert.equal(notice.url, '/error?portal=tag7');
  assert.match(notice.type, /urlencoded/);
  assert.deepEqual(Object.keys(notice.form), ['error', 'error_description'], 'and nothing to know the portal by');
  assert.equal(notice.form.error, 'ERROR_PLACEMENT_LOADING_OVERTIME');
  assert.deepEqual((await app()).placements, []);
  const next = await open();
  const id = await next.locator('html').getAttribute('data-page');
  await wait(`page=${id}&path=interfaceReady&is=true`);
  assert.equal(await next.locator('iframe.app-frame').count(), 0);
});

test('case 99: a day after the first slow load the count begins anew; older portals delete at the fourth', async () => {
  await installed({ placements: [WORKER] });
  await api('PUT', '/sim/faults', { loadLimitMs: 0 });
  const load = async (n) => {
    const page = await open();
    await wait(`path=strikes&is=${n}`);
    await page.close();
  };
  await load(1);
  await load(2);
  await api('POST', '/sim/clock', { advanceMs: 24 * 3600 * 1000 });
  await load(3);
  assert.equal((await app()).placements[0].strikes, 1);
  await api('PUT', '/sim/faults', { olderLoadRule: true });
  for (const n of [4, 5, 6]) await load(n);
  await backend.post('/error');
});

test('case 102: somebody else’s handler makes no frame and no noise', async () => {
  await installed({ placements: [{ ...WORKER, OPTIONS: WORKER.OPTIONS, USER_ID: 2 }] });
  const mine = await open('/?user=1');
  await wait('path=pages.0.interfaceReady&is=true');
  await open('/?user=2');
  await backend.post('/handler');
  assert.equal(await mine.locator('iframe.app-frame').count(), 0);
  assert.equal(await mine.locator('[data-app-refused], .toast').count(), 0);
});

test('case 112: a click tells the backend of the call that the card shows', async () => {
  await installed({ placements: [WORKER], events: ['ONEXTERNALCALLSTART'] });
  await api('PUT', '/sim/faults', { interfaceDelayMs: 0, events: { ONEXTERNALCALLSTART: { beforeCard: true } } });
  const page = await open();
  await wait('path=pages.0.interfaceReady&is=true');
  await page.locator('[data-call="+12025550123"]').first().click();
  const { form } = await backend.event('ONEXTERNALCALLSTART');
  const card = page.locator('[data-card]');
  await card.waitFor();
  assert.equal(form['data[CALL_ID]'], await card.getAttribute('data-card'));
  assert.equal(await card.getAttribute('data-direction'), 'outgoing');
  assert.deepEqual(
    ['PHONE_NUMBER', 'USER_ID', 'LINE_NUMBER', 'CALL_LIST_ID', 'IS_MOBILE', 'CRM_ENTITY_TYPE', 'CRM_ENTITY_ID'].map((name) => form[`data[${name}]`]),
    ['+12025550123', '1', '+15550100', '0', '0', 'CONTACT', '7']);
  assert.equal((await rest('profile', {}, form['auth[access_token]'])).result.ID, '1', 'in the name of who clicked');
  const log = await api('GET', '/sim/log');
  const at = (kind, name) => log.findIndex((line) => line.kind === kind && line.name === name);
  assert.ok(at('event', 'ONEXTERNALCALLSTART') < at('push', 'showExternalCall'), 'as the fault asked');
});

test('case 112: the event may come after the card, twice, or never', async () => {
  await installed({ events: ['ONEXTERNALCALLSTART'] });
  // A second click on the same number would be the same call.
  const click = (last) => api('POST', '/sim/click-to-call', { number: `+1202555019${last}`, callListId: 5 });
  const fault = (ONEXTERNALCALLSTART) => api('PUT', '/sim/faults', { events: { ONEXTERNALCALLSTART } });
  await fault({ delayMs: 1e9 });
  const late = await click(1);
  await wait(`kind=push&name=showExternalCall&contains=${late.CALL_ID}`);
  assert.deepEqual(backend.posts.filter(({ path }) => path === '/events'), []);
  await fault({});
  assert.equal((await backend.event('ONEXTERNALCALLSTART')).form['data[CALL_LIST_ID]'], '5');
  await fault({ lost: true });
  const lost = await click(2);
  await wait(`kind=event&contains=${lost.CALL_ID}`);
  await fault({ copies: 2 });
  const twice = await click(3);
  const is = (call) => ({ form }) => form['data[CALL_ID]'] === call.CALL_ID;
  let seen = 0;
  await backend.post('/events', (post) => is(twice)(post) && ++seen === 2);
  assert.equal(backend.posts.filter(is(lost)).length, 0);
});

test('case 112: a click in the mobile app reaches the backend and shows no card', async () => {
  await installed({ events: ['ONEXTERNALCALLSTART'] });
  const call = await api('POST', '/sim/click-to-call', { number: '+12025550123', isMobile: true });
  const { form } = await backend.event('ONEXTERNALCALLSTART');
  assert.deepEqual([form['data[CALL_ID]'], form['data[IS_MOBILE]']], [call.CALL_ID, '1']);
  assert.deepEqual((await api('GET', '/sim/log')).filter(({ name }) => name === 'showExternalCall'), []);
});

test('a backend that is away costs the event, and the log says so', async () => {
  const { access } = await tokensOf(simulator.url);
  await rest('event.bind', { event: 'ONEXTERNALCALLSTART', handler: 'http://app.localhost:1/events' }, access);
  await installed();
  await api('POST', '/sim/click-to-call', { number: '+12025550123' });
  await wait('kind=event&name=ONEXTERNALCALLSTART&contains=nobody%20listens');
});

test('case 114: a callback form names no call; the app registers one, which is a callback', async () => {
  await installed({ placements: [WORKER], events: ['ONEXTERNALCALLBACKSTART'] });
  await api('PUT', '/sim/faults', { interfaceDelayMs: 0 });
  const page = await open();
  await wait('path=pages.0.interfaceReady&is=true');
  await api('POST', '/sim/callback', { number: '+12025550177', text: 'After five', crmEntityType: 'CONTACT', crmEntityId: 7 });
  const { form } = await backend.event('ONEXTERNALCALLBACKSTART');
  assert.deepEqual(Object.keys(form).filter((name) => name.startsWith('data[')).sort(),
    ['data[CRM_ENTITY_ID]', 'data[CRM_ENTITY_TYPE]', 'data[LINE_NUMBER]', 'data[PHONE_NUMBER]', 'data[TEXT]', 'data[VOICE]']);
  const call = { USER_ID: 1, PHONE_NUMBER: form['data[PHONE_NUMBER]'], TYPE: 4 };
  await rest('telephony.externalCall.register', call, form['auth[access_token]']);
  await page.locator('[data-card][data-direction="callback"]').waitFor();
});

test('a call campaign goes from client to client by its own button', async () => {
  await installed({ placements: [WORKER] });
  await api('PUT', '/sim/faults', { interfaceDelayMs: 0 });
  const page = await open();
  await wait('path=pages.0.interfaceReady&is=true');
  await api('POST', '/sim/click-to-call', { number: '+12025550123', callList: true, callListId: 5 });
  await wait('kind=push&name=initialized&contains=%22CALL_LIST_MODE%22:true');
  const card = page.locator('[data-card]');
  await card.evaluate((element) => element.callCard.setUiState('outgoing'));
  await card.locator('[data-button="next"]').click();
  await wait('kind=push&name=nextButtonClick');
  await wait('kind=push&name=entityChanged&contains=%2B12025550180');
  await card.locator('[data-button="skip"]').click();
  await wait('kind=push&name=skipButtonClick');
});

test('REST_APP_URI: a link opens the app’s page with its parameters', async () => {
  await installed({ placements: [{ PLACEMENT: 'REST_APP_URI' }] });
  const page = await open(`${VIEW}?params[test]=y`);
  const { form } = await backend.post('/handler');
  assert.deepEqual([form.PLACEMENT, form.PLACEMENT_OPTIONS], ['REST_APP_URI', '{"test":"y"}']);
  await page.locator('[data-slider="application"] [data-slider-close]').click();
  await page.locator('[data-slider]').waitFor({ state: 'detached' });
  await page.evaluate((href) => {
    const link = Object.assign(document.createElement('a'), { href, textContent: 'call' });
    document.body.prepend(link);
    link.click();
  }, `${VIEW}?params[call]=7&params[tab]=notes`);
  const second = await backend.post('/handler', ({ form }) => form.PLACEMENT_OPTIONS?.includes('call'));
  assert.deepEqual(JSON.parse(second.form.PLACEMENT_OPTIONS), { call: '7', tab: 'notes' });
});

test('REST_APP_URI: openPath from the hidden frame opens it too, and closeApplication closes it', async () => {
  await installed({ placements: [WORKER, { PLACEMENT: 'REST_APP_URI' }] });
  const page = await open();
  const say = (frame, command, params) => frame.evaluate(([command, params]) => {
    const [host, , sid] = window.name.split('|');
    parent.postMessage(`${command}:${JSON.stringify(params)}:answer:${sid}`, `http://${host}`);
  }, [command, params]);
  const worker = await until(() => page.frames().find((frame) => frame.url().startsWith(backend.origin)), { what: 'the hidden frame' });
  await say(worker, 'openPath', { path: `${VIEW}?params[call]=7` });
  const { form } = await backend.post('/handler', ({ form }) => form.PLACEMENT === 'REST_APP_URI');
  assert.equal(form.PLACEMENT_OPTIONS, '{"call":"7"}');
  await page.locator('[data-slider="application"] iframe').waitFor();
  await say(worker, 'closeApplication', {});
  await page.locator('[data-slider]').waitFor({ state: 'detached' });
  await wait('kind=out&name=openPath&contains=close');
});

test('newer portals say where somebody came from, and send the application token along', async () => {
  await installed({ placements: [{ PLACEMENT: 'REST_APP_URI' }, { PLACEMENT: 'CONTACT_CENTER', TITLE: 'Calls' }] });
  await api('PUT', '/sim/faults', { newerPosts: true });
  const page = await open('/contact_center/');
  const tile = page.locator('[data-tile]');
  assert.equal(await tile.textContent(), 'Calls');
  await tile.click();
  const { form } = await backend.post('/handler');
  const [, row] = (await app()).placements;
  assert.deepEqual([form.PLACEMENT, JSON.parse(form.PLACEMENT_OPTIONS)], ['CONTACT_CENTER', { ID: String(row.id), URI: '/contact_center/' }]);
  assert.equal(form.APPLICATION_TOKEN.length, 32);
  assert.match(form.APPLICATION_SCOPE, /placement/);
});

test('CONTACT_CENTER: the tile has the bound title and opens the app in a slider', async () => {
  await installed({ placements: [{ PLACEMENT: 'CONTACT_CENTER', TITLE: 'Calls' }] });
  const page = await open('/contact_center/');
  await page.locator('[data-tile]').click();
  const { form } = await backend.post('/handler');
  assert.deepEqual([form.PLACEMENT, form.PLACEMENT_OPTIONS], ['CONTACT_CENTER', `{"ID":"${(await app()).placements[0].id}"}`]);
  await page.locator('[data-slider="application"] iframe').waitFor();
});
