// Cases 103-114: REST as apps and backends use it, over real HTTP.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from '../support/test.mjs';
import { bench } from './support.mjs';

const it = bench();

/** One HTTP request; status, headers and JSON whatever the status. */
function http(method, path, { type, body } = {}) {
  const { port, host } = new URL(it.simulator.url);
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port, path, method, agent: false, headers: { host, ...(type ? { 'content-type': type } : {}) } }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk)).on('error', reject)
        .on('end', () => resolve({ status: response.statusCode, headers: response.headers, json: text && JSON.parse(text) }));
    });
    asked.once('error', reject).end(body);
  });
}

/** A call with a token, as JSON. */
async function rest(token, method, params = {}) {
  return http('POST', `/rest/${method}`, { type: 'application/json', body: JSON.stringify({ auth: token, ...params }) });
}

async function signedIn() {
  const portal = await it.open();
  const { AUTH_ID } = await portal.ask('getInitData');
  return { portal, token: AUTH_ID };
}

const RING = { USER_ID: 1, PHONE_NUMBER: '+12025550123', TYPE: 2, LINE_NUMBER: '+15550100' };

test('case 103: a text/plain body is read as a form, and CORS is open to all', async () => {
  const { token } = await signedIn();
  const { status, headers, json } = await http('POST', '/rest/profile.json', { type: 'text/plain;charset=UTF-8', body: `auth=${token}&a[b]=c` });
  assert.equal(status, 200);
  assert.equal(headers['access-control-allow-origin'], '*');
  assert.deepEqual(json.result, {
    ADMIN: true, ID: '1', LAST_NAME: 'Brandt', NAME: 'Olivia', PERSONAL_GENDER: '', PERSONAL_PHOTO: '', TIME_ZONE: null, TIME_ZONE_OFFSET: 7200,
  });
  for (const key of ['start', 'finish', 'duration', 'processing', 'date_start', 'date_finish', 'operating_reset_at', 'operating']) assert.ok(key in json.time, key);
});

test('case 104: a JSON body with telemetry in the query is accepted, and OPTIONS is answered', async () => {
  const { token } = await signedIn();
  const path = '/rest/profile?bx24_request_id=1&bx24_sdk_ver=2.2.0&bx24_sdk_type=b24-js-sdk';
  const { json } = await http('POST', path, { type: 'application/json', body: JSON.stringify({ auth: token }) });
  assert.equal(json.result.ID, '1');
  const preflight = await http('OPTIONS', path);
  assert.equal(preflight.status, 200);
  assert.equal(preflight.headers['access-control-allow-origin'], '*');
  assert.equal(preflight.headers['access-control-allow-headers'], 'origin, content-type, accept');
});

test('tokens are checked, and an unknown method is named', async () => {
  const { token } = await signedIn();
  assert.deepEqual(await http('POST', '/rest/profile').then(({ status, json }) => [status, json.error]), [401, 'NO_AUTH_FOUND']);
  assert.deepEqual(await rest('0123', 'profile').then(({ status, json }) => [status, json.error]), [401, 'invalid_token']);
  assert.deepEqual(await rest(token, 'no.such.method').then(({ status, json }) => [status, json.error]), [404, 'ERROR_METHOD_NOT_FOUND']);
  await it.advance(3_600_000);
  assert.deepEqual(await rest(token, 'profile').then(({ status, json }) => [status, json.error]), [401, 'expired_token']);
});

test('case 107: a batch answer always has its five parts', async () => {
  const { token } = await signedIn();
  const { json } = await rest(token, 'batch', { halt: 0, cmd: { me: 'profile', bad: 'no.such.method', found: 'telephony.externalCall.searchCrmEntities?PHONE_NUMBER=%2B12025550123' } });
  const { result, result_error: errors, result_total: total, result_next: next } = json.result;
  assert.equal(result.me.ID, '1');
  assert.equal(result.found[0].CRM_ENTITY_TYPE, 'CONTACT');
  assert.equal(errors.bad.error, 'ERROR_METHOD_NOT_FOUND');
  assert.deepEqual([total, next], [[], []]);
  const empty = await rest(token, 'batch', { cmd: {} });
  assert.deepEqual(Object.keys(empty.json.result).sort(), ['result', 'result_error', 'result_next', 'result_time', 'result_total']);
});

test('case 108: register shows the card by a push that leaves before the answer', async () => {
  const { portal, token } = await signedIn();
  const { json } = await rest(token, 'telephony.externalCall.register', { ...RING, SHOW: 1 });
  assert.deepEqual(Object.keys(json.result).sort(), ['CALL_ID', 'CRM_CREATED_ENTITIES', 'CRM_CREATED_LEAD', 'CRM_ENTITY_ID', 'CRM_ENTITY_TYPE']);
  await portal.become('card.callId', json.result.CALL_ID);
  const order = (await it.log()).filter(({ kind }) => kind === 'push' || kind === 'rest').map(({ name }) => name);
  assert.ok(order.indexOf('showExternalCall') < order.indexOf('telephony.externalCall.register'));
});

test('case 109: within half an hour the same keys give the same CALL_ID', async () => {
  const { token } = await signedIn();
  const register = async (more) => (await rest(token, 'telephony.externalCall.register', { ...RING, SHOW: 0, ...more })).json.result.CALL_ID;
  const first = await register({ EXTERNAL_CALL_ID: 'a' });
  assert.equal(await register({ EXTERNAL_CALL_ID: 'a' }), first);
  assert.notEqual(await register({ EXTERNAL_CALL_ID: 'b' }), first);
  assert.notEqual(await register({ EXTERNAL_CALL_ID: 'a', USER_ID: 2 }), first, 'each employee has a call of their own');
  const [record] = await it.api('GET', '/sim/calls');
  assert.deepEqual([record.CALL_ID, record.EXTERNAL_CALL_ID, record.registrations], [first, 'a', 2]);
  await it.advance(30 * 60_000);
  assert.notEqual(await register({ EXTERNAL_CALL_ID: 'a' }), first);
});

test('case 110: SHOW is cast as PHP casts it: N shows, 0 does not', async () => {
  const { portal, token } = await signedIn();
  await rest(token, 'telephony.externalCall.register', { ...RING, SHOW: '0', EXTERNAL_CALL_ID: 'a' });
  assert.equal(await portal.card(), null);
  const { json } = await rest(token, 'telephony.externalCall.register', { ...RING, SHOW: 'N', EXTERNAL_CALL_ID: 'b' });
  await portal.become('card.callId', json.result.CALL_ID);
});

test('case 111: a record can be attached, and nothing shown, only after finish', async () => {
  const { portal, token } = await signedIn();
  const { CALL_ID } = (await rest(token, 'telephony.externalCall.register', RING)).json.result;
  await portal.become('card.callId', CALL_ID);
  const attach = () => rest(token, 'telephony.externalCall.attachRecord', { CALL_ID, FILENAME: 'a.mp3', FILE_CONTENT: 'AAAA' });
  assert.equal((await attach()).json.error, 'ERROR_CORE');
  const { json } = await rest(token, 'telephony.externalCall.finish', { CALL_ID, USER_ID: 1, DURATION: 9 });
  assert.deepEqual([json.result.CALL_ID, json.result.CALL_DURATION, json.result.CALL_FAILED_CODE], [CALL_ID, 9, '200']);
  await portal.become('card', null);
  assert.equal(typeof (await attach()).json.result.FILE_ID, 'number');
  assert.equal((await rest(token, 'telephony.externalCall.show', { CALL_ID })).json.result, false);
  const again = await rest(token, 'telephony.externalCall.finish', { CALL_ID, USER_ID: 1, DURATION: 9 });
  assert.deepEqual([again.status, again.json.error], [400, 'ERROR_CORE']);
  const [record] = await it.api('GET', '/sim/calls');
  assert.deepEqual([record.finishes, record.finishRequests], [1, 2]);
});

test('case 112: click-to-call is registered by the portal and shown as outgoing', async () => {
  const { portal } = await signedIn();
  await portal.bind('initialized');
  await portal.page.locator('[data-call="+12025550123"]').first().click();
  const [[, payload]] = await portal.events(1);
  const [call] = await it.api('GET', '/sim/calls');
  const { CALL_ID, CALL_DIRECTION, PHONE_NUMBER } = JSON.parse(payload);
  assert.deepEqual([CALL_ID, CALL_DIRECTION, PHONE_NUMBER], [call.CALL_ID, 'outgoing', '+12025550123']);
  assert.equal(call.origin, 'portal');
});

test('case 113: an outgoing call shown to two users looks incoming', async () => {
  const { portal, token } = await signedIn();
  await portal.bind('initialized');
  const { CALL_ID } = (await rest(token, 'telephony.externalCall.register', { ...RING, TYPE: 1, SHOW: 0 })).json.result;
  await rest(token, 'telephony.externalCall.show', { CALL_ID, USER_ID: [1, 2] });
  const [[, payload]] = await portal.events(1);
  assert.equal(JSON.parse(payload).CALL_DIRECTION, 'incoming');
});

test('case 114: a call of TYPE 4 has the direction callback', async () => {
  const { portal, token } = await signedIn();
  await portal.bind('initialized');
  await rest(token, 'telephony.externalCall.register', { ...RING, TYPE: 4 });
  const [[, payload]] = await portal.events(1);
  assert.equal(JSON.parse(payload).CALL_DIRECTION, 'callback');
});

test('bad script requests get 400 with the reason', async () => {
  for (const [method, path, body] of [['PUT', '/sim/faults', '{"nope":1}'], ['POST', '/sim/phone/call', '{}'], ['POST', '/sim/calls', '[1]'],
    ['PUT', '/sim/faults', '{'], ['POST', '/sim/clock', '{"advanceMs":-1}'], ['PUT', '/sim/phone', '{"autoAnswerMs":"x"}'], ['POST', '/sim/calls', '{"TYPE":9}']]) {
    const { status, json } = await http(method, path, { body });
    assert.deepEqual([status, typeof json.error], [400, 'string'], `${path} ${body}`);
  }
});

test('a page that is not open cannot be looked at or clicked', async () => {
  for (const [method, path] of [['GET', '/sim/pages/p9999'], ['GET', '/sim/pages/x']]) assert.equal((await http(method, path)).status, 404);
  assert.equal((await http('POST', '/sim/pages/p9999/click', { body: '{"button":"mute"}' })).status, 404);
});

test('a script of another origin is refused', async () => {
  const { port, host } = new URL(it.simulator.url);
  const status = await new Promise((resolve, reject) => request({
    host: '127.0.0.1', port, path: '/sim/reset', method: 'POST', agent: false, headers: { host, origin: 'https://evil.example' },
  }, (response) => resolve(response.resume().statusCode)).once('error', reject).end());
  assert.equal(status, 403);
});
