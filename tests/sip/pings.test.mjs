// How the connection is tested: found when it died, without getting anybody locked out.

import assert from 'node:assert/strict';

import { SipSocket } from '../../www/adapters/signalling/socket.js';
import { test } from '../support/test.mjs';

const CRLF = '\r\n';

/** A socket to a server that answers line ends, or OPTIONS with this status, or nothing; it beats every second. */
function connected(t, { crlf = false, status } = {}) {
  t.mock.timers.enable({ apis: ['setTimeout', 'setInterval', 'Date'] });
  const sockets = [];
  const server = { silent: false };
  globalThis.addEventListener ??= () => {};
  globalThis.removeEventListener ??= () => {};
  globalThis.WebSocket = class {
    static OPEN = 1;
    readyState = 1;
    sent = [];
    constructor() {
      sockets.push(this);
    }
    send(text) {
      this.sent.push(text);
      if (server.silent) return;
      if (text === CRLF + CRLF && crlf) queueMicrotask(() => this.onmessage?.({ data: CRLF }));
      const callId = /Call-ID: (.*)\r/.exec(text)?.[1];
      if (callId && status) queueMicrotask(() => this.onmessage?.({ data: `SIP/2.0 ${status} X\r\nCall-ID: ${callId}\r\n\r\n` }));
    }
    close() {
      this.readyState = 3;
    }
  };
  const told = [];
  const socket = new SipSocket({ servers: ['wss://pbx.test'], uri: 'sip:101@pbx.test', reconnect: { first: 100, last: 100 }, ping: { every: 1000, deadline: 400 } });
  socket.onmessage = (text) => told.push(text);
  socket.onclose = () => told.push('closed');
  socket.open();
  sockets[0].onopen();
  t.after(() => socket.close());
  const options = () => sockets.flatMap(({ sent }) => sent).filter((text) => text.startsWith('OPTIONS')).length;
  const pass = async (ms) => {
    for (let passed = 0; passed < ms; passed += 100) {
      await new Promise((resolve) => setImmediate(resolve)); // answers arrive
      t.mock.timers.tick(100);
    }
  };
  return { server, sockets, told, options, pass };
}

test('a server that answers line ends is asked nothing else, and missed when it answers no more', async (t) => {
  const { server, sockets, told, options, pass } = connected(t, { crlf: true, status: 200 });
  for (let i = 0; i < 5; i++) await pass(1000);
  assert.equal(options(), 1, 'only when it was not known yet');
  assert.deepEqual(told, [], 'neither pings nor their answers reach the library');
  server.silent = true;
  await pass(1500);
  assert.deepEqual(told, ['closed']);
  await pass(200);
  assert.equal(sockets.length, 2, 'and connected again');
});

test('a server that answers OPTIONS only is asked by OPTIONS, and missed when it answers no more', async (t) => {
  const { server, told, options, pass } = connected(t, { status: 483 });
  for (let i = 0; i < 3; i++) await pass(1000);
  assert.equal(options(), 4);
  server.silent = true;
  await pass(1500);
  assert.deepEqual(told, ['closed']);
});

for (const status of [401, 403, 407]) {
  test(`a server that answers OPTIONS with ${status} is asked once, also after it was connected again`, async (t) => {
    const { sockets, told, options, pass } = connected(t, { status });
    for (let i = 0; i < 5; i++) await pass(1000);
    assert.deepEqual([options(), told], [1, []]);
    sockets[0].onclose();
    await pass(200);
    sockets[1].onopen();
    for (let i = 0; i < 5; i++) await pass(1000);
    assert.deepEqual([options(), told], [1, ['closed']]);
  });
}

test('a server that answers nothing is not taken for dead', async (t) => {
  const { told, pass } = connected(t);
  for (let i = 0; i < 5; i++) await pass(1000);
  assert.deepEqual(told, []);
});
