// The pull channel going wrong: expiry (case 117), doubles (case 115), refusals, restarts.

import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { bench } from './support.mjs';
import { pullLog, reader } from './pull-client.mjs';

const it = bench();
const EXPIRED = 12 * 60 * 60 * 1000;

const send = (message) => it.api('POST', '/sim/pull/send', message);
const commands = (messages) => messages.map(({ body }) => `${body.module_id}/${body.command}`);

test('case 117: after twelve hours the client is told, its ids open nothing, and a new configuration goes on', async () => {
  await it.faults({ tokenLifetimeS: 100_000 });
  const anna = await reader(it);
  const line = await anna.dial();
  const old = anna.config.channels;
  const oldQuery = anna.query({ jsonRpc: 'true' });
  await it.advance(EXPIRED - 60_000);
  await send({ users: [1], command: 'still' });
  await it.advance(60_000);
  const [still, own] = await line.messages(2);
  const told = [own, ...(await line.messages(3)).slice(2)].map(({ body }) => body);
  assert.equal(still.body.command, 'still');
  for (const body of told) assert.deepEqual([body.module_id, body.command], ['pull', 'channel_expire']);
  const ends = Object.fromEntries(told.map(({ params }) => [params.channel.type, params]));
  assert.deepEqual(ends.private, { action: 'get_config', channel: { id: old.private.id, type: 'private' } });
  assert.deepEqual([ends.shared.action, ends.shared.channel.id], ['reconnect', old.shared.id]);

  assert.equal(await (await anna.dial(undefined, oldQuery)).code(), 4010);
  const poll = await anna.poll(undefined, oldQuery);
  assert.deepEqual([poll.status, poll.text, poll.headers['access-control-allow-origin']], [403, '4010: wrong channel id', '*']);

  assert.equal((await anna.configure({ REOPEN: 'N' })).channels.private.id, old.private.id, 'not reopened unless wanted');
  const { channels } = await anna.configure();
  assert.notEqual(channels.private.id, old.private.id);
  assert.deepEqual(channels.shared, ends.shared.new_channel);
  const next = await anna.dial();
  await send({ users: [1], command: 'after' });
  assert.deepEqual(commands(await next.messages(1)), ['application/after']);
});

test('a script ends one channel, with the action it wants', async () => {
  const [anna, ben] = [await reader(it, 1), await reader(it, 2)];
  const [hers, his] = [await anna.dial(), await ben.dial()];
  await it.api('POST', '/sim/pull/expire', { users: [1], channel: 'private', action: 'reconnect' });
  const [{ body }] = await hers.messages(1);
  assert.deepEqual([body.params.action, body.params.new_channel.type], ['reconnect', 'private']);
  anna.config.channels.private = body.params.new_channel;
  const again = await anna.dial();
  await send({ users: [1, 2], command: 'hello' });
  assert.deepEqual(commands(await again.messages(1)), ['application/hello']);
  assert.deepEqual(commands(await his.messages(1)), ['application/hello'], 'his did not end');
});

test('the configuration expires and the server restarts when a script says so', async () => {
  const anna = await reader(it);
  const line = await anna.dial();
  const { config_timestamp: before } = anna.config.server;
  await it.api('POST', '/sim/pull/expire', { config: true });
  await it.api('POST', '/sim/pull/restart');
  assert.deepEqual(commands(await line.messages(2)), ['pull/config_expire', 'pull/server_restart']);
  assert.notEqual((await anna.configure()).server.config_timestamp, before);
});

test('case 115: a message can come twice, and under an old mid', async () => {
  const anna = await reader(it);
  const line = await anna.dial();
  const { mid } = await send({ users: [1], command: 'ring', params: { CALL_ID: 'externalCall.1' } });
  await send({ users: [1], command: 'ring', params: { CALL_ID: 'externalCall.1' }, mid });
  await send({ users: [1], command: 'ring', params: { CALL_ID: 'externalCall.0' }, mid: '14526134350000000000320146' });
  assert.deepEqual((await line.messages(3)).map((it) => it.mid), [mid, mid, '14526134350000000000320146']);
});

test('a refused WebSocket leaves long polling', async () => {
  const anna = await reader(it);
  const open = await anna.dial();
  await it.faults({ pullWebSocket: false });
  assert.equal(await open.code(), 1006, 'open ones are lost');
  assert.equal(await (await anna.dial()).code(), 1006);
  const poll = anna.poll({ jsonRpc: 'true' });
  await pullLog(it, 'connect', 'polling');
  await send({ users: [1], command: 'hello' });
  assert.deepEqual(JSON.parse((await poll).text).map(({ params }) => params.body.command), ['hello']);
});

test('a server that is down refuses everything, until it is up again', async () => {
  const anna = await reader(it);
  const open = await anna.dial();
  const poll = anna.poll();
  await pullLog(it, 'connect', 'polling');
  await it.faults({ pullDown: true });
  assert.equal(await open.code(), 1006);
  assert.equal((await poll).status, 503);
  assert.equal((await anna.poll()).status, 503);
  assert.equal(await (await anna.dial()).code(), 1006);
  await it.faults({ pullDown: false });
  const up = await anna.dial();
  await send({ users: [1], command: 'hello' });
  assert.deepEqual(commands(await up.messages(1)), ['application/hello']);
});

test('a script closes connections with a code, or without a word', async () => {
  const [anna, ben] = [await reader(it, 1), await reader(it, 2)];
  const [hers, his] = [await anna.dial(), await ben.dial()];
  assert.deepEqual(await it.api('POST', '/sim/pull/close', { users: [1], code: 1001 }), { closed: 1 });
  assert.equal(await hers.code(), 1001);
  assert.deepEqual(await it.api('POST', '/sim/pull/close'), { closed: 1 });
  assert.equal(await his.code(), 1006);
  await assert.rejects(it.api('POST', '/sim/pull/close', { code: 1006 }), /400/);
});

test('a shared server lets in who names the portal', async () => {
  await it.faults({ pullShared: true });
  const anna = await reader(it);
  const { server, clientId } = await anna.configure();
  assert.equal(server.mode, 'shared');
  assert.match(clientId, /^[0-9a-f]{32}$/);
  assert.equal(await (await anna.dial()).code(), 4010);
  const line = await anna.dial({ jsonRpc: 'true', clientId });
  await send({ users: [1], command: 'hello' });
  assert.deepEqual(commands(await line.messages(1)), ['application/hello']);
});

test('a token stands for both channels', async () => {
  await it.faults({ pullJwt: true });
  const anna = await reader(it);
  const { jwt } = await anna.configure();
  const line = await anna.dial(undefined, new URLSearchParams({ token: jwt, jsonRpc: 'true' }).toString());
  await send({ users: [1], command: 'hello' });
  await send({ command: 'all' });
  assert.deepEqual(commands(await line.messages(2)), ['application/hello', 'application/all']);
  const wrong = await anna.dial(undefined, 'token=made.up.one&jsonRpc=true');
  assert.equal(await wrong.code(), 4010);
});

test('bad requests of scripts are answered with a reason', async () => {
  await assert.rejects(send({ users: [99], command: 'x' }), /employees/);
  await assert.rejects(send({ users: [1] }), /command/);
  await assert.rejects(it.api('POST', '/sim/pull/expire', { action: 'explode' }), /explode/);
});
