// Cases 115-117, the portal's side: the push server as a client of its own meets it.

import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { bench } from './support.mjs';
import { http, pullLog, reader } from './pull-client.mjs';

const it = bench();
const ADD = 'pull.application.event.add';
const EXPIRED = 12 * 60 * 60 * 1000;

const send = (message) => it.api('POST', '/sim/pull/send', message);
const envelopes = (text) => [...text.matchAll(/#!NGINXNMS!#(.*?)#!NGINXNME!#/g)].map(([, json]) => JSON.parse(json));
const n = (messages) => messages.map((it) => (it.body ?? it.text).params.n);

test('the configuration has the documented shape', async () => {
  const anna = await reader(it);
  const config = await anna.configure();
  const { host, hostname } = new URL(it.simulator.url);
  assert.deepEqual(config.server, {
    version: 5, server_enabled: true, mode: 'personal', hostname,
    long_polling: `http://${host}/sub/`, long_pooling_secure: `http://${host}/sub/`,
    websocket_enabled: true, websocket: `ws://${host}/subws/`, websocket_secure: `ws://${host}/subws/`,
    publish_enabled: false, publish: `http://${host}/pub/`, publish_secure: `http://${host}/pub/`,
    config_timestamp: config.server.config_timestamp,
  });
  assert.deepEqual(config.api, { revision_web: 19, revision_mobile: 3 });
  const { private: own, shared } = config.channels;
  assert.match(own.id, /^[0-9a-f]{32}:[0-9a-f]{32}\.[0-9a-f]{40}$/);
  assert.match(shared.id, /^[0-9a-f]{32}\.[0-9a-f]{40}$/);
  assert.deepEqual([own.type, shared.type], ['private', 'shared']);
  assert.equal(new Date(own.end) - new Date(own.start), EXPIRED);
  assert.deepEqual(Object.keys(config.publicChannels['1']).sort(), ['end', 'public_id', 'signature', 'start', 'user_id']);
  assert.deepEqual([config.clientId, config.jwt], [undefined, undefined]);
  assert.equal((await anna.configure({ CACHE: 'N' })).channels.private.id, own.id, 'asking again changes nothing');
});

test('the ids of channels are not in the log', async () => {
  const anna = await reader(it);
  const { channels } = await anna.configure();
  await anna.dial();
  await it.api('POST', '/sim/pull/expire');
  await pullLog(it, 'deliver', 'channel_expire');
  const log = JSON.stringify(await it.log());
  for (const { id } of Object.values(channels)) assert.ok(!log.includes(id.split('.')[1]));
});

test('an event with a malformed part is refused with the code of that part', async () => {
  const anna = await reader(it);
  const refused = async (params) => {
    const { status, error } = await anna.rest(ADD, { COMMAND: 'ok', PARAMS: {}, ...params });
    return [status, error];
  };
  assert.deepEqual(await refused({ COMMAND: 'no spaces' }), [400, 'COMMAND_ERROR']);
  assert.deepEqual(await refused({ COMMAND: undefined }), [400, 'COMMAND_ERROR']);
  assert.deepEqual(await refused({ PARAMS: 'text' }), [400, 'PARAMS_ERROR']);
  assert.deepEqual(await refused({ MODULE_ID: 'Upper' }), [400, 'MODULE_ID_ERROR']);
  assert.deepEqual(await refused({ USER_ID: 'nobody' }), [400, 'USER_ID_ACCESS_ERROR']);
  assert.equal((await anna.rest(ADD, { COMMAND: 'a:b|c.d-e_1', MODULE_ID: 'my.app_1' })).result, true);
});

test('an employee who is no administrator writes to himself and to nobody else', async () => {
  const [boss, clerk] = [await reader(it, 1), await reader(it, 2)];
  const [bosses, clerks] = [await boss.dial(), await clerk.dial()];
  assert.equal((await clerk.rest(ADD, { COMMAND: 'x', USER_ID: [1, 2] })).error, 'USER_ID_ACCESS_ERROR');
  assert.equal((await clerk.rest(ADD, { COMMAND: 'own', USER_ID: 2 })).result, true);
  assert.equal((await boss.rest(ADD, { COMMAND: 'order', USER_ID: [2] })).result, true);
  assert.equal((await boss.rest(ADD, { COMMAND: 'both', USER_ID: [1, 2] })).result, true);
  assert.deepEqual((await clerks.messages(3)).map(({ body }) => body.command), ['own', 'order', 'both']);
  assert.deepEqual((await bosses.messages(1)).map(({ body }) => body.command), ['both']);
});

test('case 116: an event without USER_ID reaches the frames of all users', async () => {
  const [boss, clerk] = [await reader(it, 1), await reader(it, 2)];
  const lines = [await boss.dial(), await clerk.dial()];
  await clerk.rest(ADD, { COMMAND: 'hello', PARAMS: { call: 7 } });
  for (const line of lines) {
    const [{ mid, body, sender }] = await line.messages(1);
    assert.match(mid, /^\d{26}$/);
    assert.deepEqual([body.module_id, body.command, body.params, sender], ['application', 'hello', { call: 7 }, { type: 2 }]);
    assert.deepEqual([body.extra.revision_web, typeof body.extra.server_time_unix], [19, 'number']);
  }
});

test('version 5: a message is a JSON-RPC call, and is acknowledged', async () => {
  const anna = await reader(it);
  const line = await anna.dial();
  const { mid } = await send({ users: [1], command: 'hello' });
  const [frame] = (await line.frames(1)).map((text) => JSON.parse(text));
  assert.deepEqual([frame.jsonrpc, frame.method, frame.params.mid, frame.id], ['2.0', 'incoming.message', mid, undefined]);
  await line.say(`mack:${mid}`);
  assert.equal((await pullLog(it, 'ack')).mid, mid);
  await line.say(JSON.stringify({ jsonrpc: '2.0', method: 'publish', params: {}, id: 4 }));
  assert.deepEqual(JSON.parse((await line.frames(2))[1]), { jsonrpc: '2.0', id: 4, error: { code: -32601, message: 'Method not found' } });
});

test('version 5 pings, hears the pong, and drops a client that is silent', async () => {
  const anna = await reader(it);
  const line = await anna.dial();
  // The interval that is running follows each new measure.
  await it.faults({ pullPingMs: 3000 });
  assert.deepEqual(await line.frames(1), ['ping']);
  await it.faults({ pullPingMs: 600_000 });
  await line.say('pong');
  await pullLog(it, 'pong');
  await it.faults({ pullPingMs: 10 });
  assert.equal(await line.code(), 1006);
  assert.equal((await pullLog(it, 'disconnect')).why, 'silent');
});

test('version 4: text between marks, or JSON for who asks for it, and no JSON-RPC', async () => {
  await it.faults({ pullVersion: 4 });
  const anna = await reader(it);
  const [text, json] = [await anna.dial({ jsonRpc: 'true' }), await anna.dial({ format: 'json' })];
  assert.equal(anna.config.server.version, 4);
  const { mid } = await send({ users: [1], command: 'hello', params: { n: 1 } });
  const [envelope] = envelopes((await text.frames(1))[0]);
  assert.deepEqual(JSON.parse((await json.frames(1))[0]), [envelope]);
  assert.deepEqual([envelope.mid, envelope.id, envelope.channel], [mid, Number(mid.slice(10)), anna.config.channels.private.public_id.split('.')[0]]);
  assert.deepEqual([envelope.text.module_id, envelope.text.command, envelope.text.params], ['application', 'hello', { n: 1 }]);
  assert.match(envelope.time, /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/);
});

test('a client that comes back hears what it missed, once and in order', async () => {
  const [anna, ben] = [await reader(it, 1), await reader(it, 2)];
  await ben.configure();
  const line = await anna.dial();
  await send({ users: [1], command: 'count', params: { n: 1 } });
  const [{ mid }] = await line.messages(1);
  await line.hangUp();
  await pullLog(it, 'disconnect');
  await send({ users: [1], command: 'count', params: { n: 2 } });
  await send({ users: [2], command: 'count', params: { n: 'not hers' } });
  await send({ command: 'count', params: { n: 3 } });
  const again = await anna.dial({ jsonRpc: 'true', mid });
  await send({ users: [1], command: 'count', params: { n: 4 } });
  assert.deepEqual(n(await again.messages(3)), [2, 3, 4]);
  const afresh = await anna.dial();
  await send({ users: [1], command: 'count', params: { n: 5 } });
  assert.deepEqual(n(await afresh.messages(1)), [5], 'nothing old for who names no message');
});

test('tag and time resume, too', async () => {
  await it.faults({ pullVersion: 4 });
  const anna = await reader(it);
  await anna.configure();
  for (const n of [1, 2, 3]) await send({ users: [1], command: 'count', params: { n } });
  const all = envelopes((await anna.poll({ mid: '0'.repeat(26) })).text);
  const { tag, time } = all[0];
  assert.deepEqual(n(envelopes((await anna.poll({ tag, time })).text)), [2, 3]);
});

test('a poll is held until the next message, and the one after has those since', async () => {
  const anna = await reader(it);
  await anna.configure();
  const held = anna.poll({ jsonRpc: 'true' });
  assert.equal((await pullLog(it, 'connect')).transport, 'polling');
  assert.deepEqual(await it.api('GET', '/sim/pull').then(([one]) => [one.user, one.transport, one.format, one.channels]), [1, 'polling', 'jsonRpc', ['private', 'shared']]);
  const { mid } = await send({ users: [1], command: 'count', params: { n: 1 } });
  const { status, headers, text } = await held;
  assert.deepEqual([status, headers['access-control-allow-origin']], [200, '*']);
  assert.deepEqual([Boolean(headers['last-modified']), headers.etag], [true, String(Number(mid.slice(10)) % 1000)]);
  assert.deepEqual(JSON.parse(text).map(({ params }) => params.mid), [mid]);
  for (const n of [2, 3]) await send({ users: [1], command: 'count', params: { n } });
  const next = JSON.parse((await anna.poll({ jsonRpc: 'true', mid })).text);
  assert.deepEqual(n(next.map(({ params }) => params)), [2, 3]);
  assert.equal((await http(it, 'POST', '/pub/', `mack:${mid}`)).status, 200);
  assert.equal((await pullLog(it, 'ack')).mid, mid);
  assert.equal((await http(it, 'POST', '/pub/', 'a message')).status, 403);
});

test('a poll that runs out names the last message', async () => {
  const anna = await reader(it);
  await anna.configure();
  const { mid } = await send({ users: [1], command: 'count', params: { n: 1 } });
  await it.faults({ pullPollMs: 0 });
  const { status, headers, text } = await anna.poll();
  assert.deepEqual([status, text, headers.expires, headers['last-message-id']], [304, '', 'Thu, 01 Jan 1973 11:11:01 GMT', mid]);
  assert.match(headers['access-control-expose-headers'], /Last-Message-Id/);
});

test('a poll whose client goes away is forgotten', async () => {
  const anna = await reader(it);
  await anna.configure();
  await anna.portal.frame.evaluate((url) => {
    window.poll = new XMLHttpRequest();
    window.poll.open('GET', url);
    window.poll.send();
  }, `${anna.config.server.long_polling}?${anna.query()}`);
  await pullLog(it, 'connect');
  await anna.portal.frame.evaluate(() => window.poll.abort());
  assert.equal((await pullLog(it, 'disconnect')).why, 'left');
  assert.deepEqual(await it.api('GET', '/sim/pull'), []);
});
