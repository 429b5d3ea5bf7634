// Case 101, and what stands around it: who may call what, placement.*, event.*, external lines,
// and the renewal of tokens.

import assert from 'node:assert/strict';
import { after, before, beforeEach } from 'node:test';
import { startSimulator } from '../support/servers.mjs';
import { test } from '../support/test.mjs';
import { local, renewOf, restOf, tokensOf } from './app-bench.mjs';

const HANDLER = 'http://app.localhost:8080/handler';
const ERROR = 'http://app.localhost:8080/error?portal=7';
let simulator, rest, renew, admin, employee;

before(async () => {
  simulator = await startSimulator();
  rest = restOf(simulator.url);
  renew = renewOf(simulator.url);
});
beforeEach(async () => {
  await simulator.api('POST', '/sim/reset');
  admin = await tokensOf(simulator.url, 1);
  employee = await tokensOf(simulator.url, 2);
});
after(() => simulator.stop());

const bind = (params, token = admin.access) => rest('placement.bind', { HANDLER, ...params }, token);
const worker = (params) => bind({ PLACEMENT: 'PAGE_BACKGROUND_WORKER', OPTIONS: { errorHandlerUrl: ERROR }, ...params });
const unbind = (PLACEMENT) => rest('placement.unbind', { PLACEMENT }, admin.access);
const said = ({ http, error }) => [http, error];

test('case 101: a bind without errorHandlerUrl is refused inside a 200', async () => {
  assert.deepEqual(said(await bind({ PLACEMENT: 'PAGE_BACKGROUND_WORKER' })), [200, 'EMPTY_ERROR_HANDLER_URL']);
});

test('case 101: the second general handler is one too many, with 400 by code and 200 by the documentation', async () => {
  assert.deepEqual(said(await worker()), [400, 'ERROR_PLACEMENT_MAX_COUNT']);
  await simulator.api('PUT', '/sim/faults', { placementErrorStatus: 200 });
  assert.deepEqual(said(await worker()), [200, 'ERROR_PLACEMENT_MAX_COUNT']);
});

test('case 101: a webhook has no app and an employee no rights', async () => {
  const call = async (method, secret = 'webhook') => {
    const response = await fetch(`${local(simulator.url)}/rest/1/${secret}/${method}`);
    return [response.status, (await response.json()).error];
  };
  assert.deepEqual(await call('profile'), [200, undefined]);
  assert.deepEqual(await call('profile', 'wrong'), [401, 'INVALID_CREDENTIALS']);
  for (const method of ['placement.bind', 'telephony.externalCall.register', 'telephony.externalLine.get', 'event.bind', 'pull.application.config.get']) {
    assert.deepEqual(await call(method), [403, 'WRONG_AUTH_TYPE'], method);
  }
  assert.deepEqual(said(await rest('placement.get', {}, employee.access)), [403, 'ACCESS_DENIED']);
});

test('case 101: addresses that no portal could reach are refused', async () => {
  await unbind('PAGE_BACKGROUND_WORKER');
  assert.deepEqual(said(await worker({ HANDLER: 'http://localhost:8080/handler' })), [400, 'ERROR_WRONG_HANDLER_URL']);
  assert.deepEqual(said(await worker({ HANDLER: 'ftp://app.example/handler' })), [400, 'ERROR_UNSUPPORTED_PROTOCOL']);
  assert.deepEqual(said(await worker({ HANDLER: 'nonsense' })), [400, 'ERROR_WRONG_HANDLER_URL']);
});

test('what is missing or unknown is named', async () => {
  const missing = await rest('placement.bind', { PLACEMENT: 'REST_APP_URI' }, admin.access);
  assert.deepEqual([...said(missing), missing.argument], [400, 'ERROR_ARGUMENT', 'HANDLER']);
  assert.deepEqual(said(await bind({ PLACEMENT: 'NOWHERE' })), [400, 'ERROR_PLACEMENT_NOT_FOUND']);
  assert.deepEqual(said(await bind({ PLACEMENT: 'REST_APP_URI', USER_ID: 2 })), [400, 'ERROR_PLACEMENT_USER_MODE']);
});

test('general then personal is refused, personal then general is taken', async () => {
  assert.deepEqual(said(await worker({ USER_ID: 2, HANDLER: `${HANDLER}?user=2` })), [400, 'ERROR_PLACEMENT_MAX_COUNT']);
  await unbind('PAGE_BACKGROUND_WORKER');
  assert.equal((await worker({ USER_ID: 2, HANDLER: `${HANDLER}?user=2` })).result, true);
  assert.deepEqual(said(await worker({ USER_ID: 3, HANDLER: `${HANDLER}?user=2` })), [400, 'ERROR_CORE'], 'the key has no user');
  assert.equal((await worker()).result, true);
});

test('a row keeps what the placement knows, and goes when it is unbound', async () => {
  await unbind('PAGE_BACKGROUND_WORKER');
  await worker({ PLACEMENT: 'page_background_worker', TITLE: 'Calls', OPTIONS: { errorHandlerUrl: ERROR, other: 'x' } });
  const [row] = (await rest('placement.get', {}, admin.access)).result;
  assert.deepEqual([row.placement, row.userId, row.handler, row.title, row.options], ['PAGE_BACKGROUND_WORKER', 0, HANDLER, 'Calls', { errorHandlerUrl: ERROR }]);
  assert.deepEqual((await unbind('PAGE_BACKGROUND_WORKER')).result, { count: 2 }, 'found and removed');
  assert.deepEqual((await rest('placement.get', {}, admin.access)).result, []);
});

test('app.info says whether the installation is finished', async () => {
  assert.equal((await rest('app.info', {}, employee.access)).result.INSTALLED, true);
  await simulator.api('POST', '/sim/app/uninstall');
  assert.deepEqual(said(await rest('app.info', {}, employee.access)), [401, 'invalid_token']);
});

test('an event is bound once, and listed until it is unbound', async () => {
  const event = { event: 'OnExternalCallStart', handler: 'http://app.localhost:8080/events' };
  const call = (method, params = event, token = admin.access) => rest(method, params, token);
  assert.equal((await call('event.bind')).result, true);
  assert.deepEqual(said(await call('event.bind')), [400, 'ERROR_CORE']);
  assert.deepEqual(said(await call('event.bind', { ...event, event: 'OnNothing' })), [400, 'ERROR_EVENT_NOT_FOUND']);
  assert.deepEqual(said(await call('event.bind', { ...event, auth_type: 1 }, employee.access)), [403, 'ACCESS_DENIED']);
  assert.deepEqual((await call('event.get', {})).result, [{ event: 'ONEXTERNALCALLSTART', handler: event.handler, auth_type: '0', offline: 0 }]);
  assert.deepEqual((await call('event.unbind')).result, { count: 1 });
  assert.deepEqual((await call('event.get', {})).result, []);
});

test('external lines are added, changed and deleted by their number', async () => {
  const line = (method, params) => rest(`telephony.externalLine.${method}`, params, employee.access);
  assert.deepEqual((await line('add', { NUMBER: '+15550199', NAME: 'Desk' })).result, { ID: 1 });
  assert.deepEqual(said(await line('add', { NUMBER: '+15550199' })), [400, 'ERROR_CORE']);
  assert.deepEqual(said(await line('update', { NUMBER: '+15550199' })), [400, 'ERROR_CORE']);
  assert.deepEqual((await line('update', { NUMBER: '+15550199', CRM_AUTO_CREATE: 'N' })).result, { ID: '1' });
  assert.deepEqual((await line('get')).result, [{ NUMBER: '+15550199', NAME: 'Desk', CRM_AUTO_CREATE: 'N' }]);
  assert.deepEqual((await line('delete', { NUMBER: '+15550199' })).result, []);
  assert.deepEqual(said(await line('delete', { NUMBER: '+15550199' })), [400, 'ERROR_CORE']);
});

test('a refresh token buys one pair, which speaks for the same user', async () => {
  const grant = await renew(admin.refresh);
  const { host } = new URL(simulator.url);
  assert.deepEqual([grant.http, grant.expires_in, grant.client_endpoint, grant.user_id], [200, 3600, `http://${host}/rest/`, 1]);
  assert.equal((await rest('profile', {}, grant.access_token)).result.ID, '1');
  assert.equal((await rest('profile', {}, admin.access)).result.ID, '1', 'the frame keeps its own');
  assert.equal((await renew(admin.refresh)).error, 'invalid_grant');
  await simulator.api('PUT', '/sim/faults', { refreshTokenReuse: true });
  assert.ok((await renew(admin.refresh)).access_token);
});

test('the OAuth server says what is wrong', async () => {
  assert.equal((await renew(admin.refresh, { client_secret: 'x' })).error, 'invalid_client');
  assert.equal((await renew('x')).error, 'invalid_grant');
  assert.equal((await renew(admin.refresh, { grant_type: 'magic' })).error, 'invalid_request');
  await simulator.api('PUT', '/sim/faults', { rest: { 'oauth.token': { status: 503, error: 'overload', times: 1 } } });
  assert.equal((await renew(admin.refresh)).error, 'overload');
  assert.ok((await renew(admin.refresh)).access_token);
});

test('tokens run out when a script says so, refresh tokens on request', async () => {
  await simulator.api('POST', '/sim/app/expire');
  assert.deepEqual(said(await rest('profile', {}, admin.access)), [401, 'expired_token']);
  assert.ok((await renew(admin.refresh)).access_token);
  await simulator.api('POST', '/sim/app/expire', { refresh: true });
  assert.equal((await renew(employee.refresh)).error, 'invalid_grant');
});

test('no token and no secret reaches the log', async () => {
  await renew(admin.refresh);
  await rest('profile', {}, admin.access);
  const log = JSON.stringify(await simulator.api('GET', '/sim/log'));
  for (const secret of [admin.access, admin.refresh, '"client_secret\\":\\"simulator']) assert.ok(!log.includes(secret));
});
