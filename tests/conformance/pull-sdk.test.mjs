// The pull client of the official SDK, unmodified, in the frame.

import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { bench, until } from './support.mjs';
import { pullLog } from './pull-client.mjs';

const it = bench({ library: 'sdk' });
const EXPIRED = 12 * 60 * 60 * 1000;

const send = (message) => it.api('POST', '/sim/pull/send', { users: [1], ...message });

/** A page whose app listens with the SDK's client. */
async function listening() {
  const portal = await it.open();
  await portal.frame.evaluate(async () => {
    window.b24 = await B24Js.initializeB24Frame();
    window.got = [];
    new B24Js.B24HelperManager(b24)
      .usePullClient('conformance', 1)
      .subscribePullClient(({ command, params }) => window.got.push([command, params]))
      .startPullClient();
  });
  const { n, transport, format } = await pullLog(it, 'connect');
  return { portal, n, transport, format, got: (count) => got(portal, count) };
}

const got = (portal, count) => until(async () => {
  const all = await portal.frame.evaluate(() => window.got);
  return all.length >= count && all;
}, { what: `${count} messages in the SDK’s callback` });

test('it connects, hears messages for its user and for all, and acknowledges them', async () => {
  const app = await listening();
  assert.deepEqual([app.transport, app.format], ['websocket', 'jsonRpc']);
  const { mid } = await send({ command: 'hello', params: { n: 1 } });
  await send({ users: undefined, command: 'all', params: { n: 2 } });
  assert.deepEqual(await app.got(2), [['hello', { n: 1 }], ['all', { n: 2 }]]);
  await pullLog(it, 'ack', mid);
});

test('case 115: it passes on a message that comes twice once', async () => {
  const app = await listening();
  const { mid } = await send({ command: 'ring' });
  await send({ command: 'ring', mid });
  await send({ command: 'last' });
  assert.deepEqual((await app.got(2)).map(([command]) => command), ['ring', 'last']);
});

test('case 117: when the channel ends it asks for a new configuration and goes on', async () => {
  await it.faults({ tokenLifetimeS: 100_000 });
  const app = await listening();
  await it.advance(EXPIRED);
  const { n } = await pullLog(it, 'expire');
  await pullLog(it, 'connect', '', n);
  await send({ command: 'after' });
  assert.deepEqual((await app.got(1)).map(([command]) => command), ['after']);
});

test('it comes back after a lost connection and hears what it missed', async () => {
  const app = await listening();
  await send({ command: 'one' });
  await app.got(1);
  await it.faults({ pullDown: true });
  const { n } = await pullLog(it, 'disconnect');
  await send({ command: 'two' });
  await it.faults({ pullDown: false });
  await pullLog(it, 'connect', '', n);
  await send({ command: 'three' });
  assert.deepEqual((await app.got(3)).map(([command]) => command), ['one', 'two', 'three']);
});

test('without a WebSocket it polls', async () => {
  await it.faults({ pullWebSocketEnabled: false });
  const app = await listening();
  assert.deepEqual([app.transport, app.format], ['polling', 'jsonRpc']);
  const { mid } = await send({ command: 'one' });
  await app.got(1);
  await send({ command: 'two' });
  assert.deepEqual((await app.got(2)).map(([command]) => command), ['one', 'two']);
  await pullLog(it, 'ack', mid);
});

test('an answer of 304 lets it poll on from the last message', async () => {
  await it.faults({ pullWebSocketEnabled: false });
  const app = await listening();
  await send({ command: 'before' });
  await app.got(1);
  await it.faults({ pullPollMs: 0 });
  const { n } = await pullLog(it, 'disconnect', 'ran out');
  await it.faults({ pullPollMs: 40_000 });
  await pullLog(it, 'connect', '', n);
  await send({ command: 'after' });
  assert.deepEqual((await app.got(2)).map(([command]) => command), ['before', 'after']);
});

test('version 4: it asks for protobuf and understands text', async () => {
  await it.faults({ pullVersion: 4 });
  const app = await listening();
  assert.deepEqual([app.transport, app.format], ['websocket', 'text']);
  await send({ command: 'hello', params: { n: 1 } });
  assert.deepEqual(await app.got(1), [['hello', { n: 1 }]]);
});
