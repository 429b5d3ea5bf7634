// The benches' network: what it does to bytes, by its own arithmetic, and that none is lost on the way.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';

import { Network } from '../../scripts/bench/network.mjs';
import { Shaper } from '../../scripts/bench/shaper.mjs';

const bytes = (count, fill = 1) => Buffer.alloc(count, fill);
const size = (all) => all.reduce((sum, [, its]) => sum + (its?.length ?? 0), 0);

test('nothing arrives before the latency, and all of it then', () => {
  const line = new Shaper({ latencyMs: 100, bytesPerS: Infinity });
  line.push('a', bytes(5000), 1000);
  assert.equal(size(line.due(1099)), 0);
  assert.equal(line.next, 1100);
  assert.equal(size(line.due(1100)), 5000);
  assert.equal(line.next, Infinity);
});

test('a second carries what the line can, however much waits', () => {
  const line = new Shaper({ latencyMs: 0, bytesPerS: 50_000 });
  line.push('a', bytes(200_000), 0);
  const first = size(line.due(1000));
  assert.ok(first <= 50_000 && first > 50_000 - 3000, `${first}`);
  assert.equal(first + size(line.due(4000)), 200_000);
  assert.equal(line.next, Infinity);
});

test('a pause is not saved up', () => {
  const line = new Shaper({ latencyMs: 0, bytesPerS: 1000 });
  line.push('a', bytes(1000), 0);
  assert.equal(size(line.due(60_000)), 1000);
  line.push('a', bytes(20_000), 60_000);
  assert.ok(size(line.due(61_000)) <= 2460);
});

test('a small file beside a large one comes soon, and each keeps its order', () => {
  const line = new Shaper({ latencyMs: 0, bytesPerS: 14_600 });
  line.push('large', bytes(14_600, 1), 0);
  line.push('small', bytes(1460, 2), 0);
  line.push('small', null, 0);
  const early = line.due(400).filter(([key]) => key === 'small').map(([, its]) => its?.length ?? null);
  assert.deepEqual(early, [1460, null], 'the small one and its end');
});

test('what a connection that is gone had in the line is not delivered', () => {
  const line = new Shaper({ latencyMs: 10, bytesPerS: 1000 });
  line.push('a', bytes(5000), 0);
  line.drop('a');
  assert.equal(size(line.due(60_000)), 0);
  assert.equal(line.next, Infinity);
});

test('through the proxy every byte arrives, not before its time, and a server that is down refuses', async () => {
  const said = Buffer.from(Array.from({ length: 90_000 }, (_, at) => at % 251));
  const server = createServer((socket) => socket.once('data', () => socket.end(said)));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const network = new Network('fast_4g');
  const way = await network.proxy(server.address().port);
  try {
    const began = performance.now();
    const socket = connect(way.port, '127.0.0.1').on('error', () => {});
    socket.write('GET / HTTP/1.1\r\n\r\n');
    const heard = [];
    for await (const chunk of socket) heard.push(chunk);
    const took = performance.now() - began;
    assert.ok(Buffer.concat(heard).equals(said), 'as it was said');
    assert.equal(way.received(), said.length);
    assert.ok(took >= 165 + (said.length / 1_012_500) * 1000 - 20, `${took} ms`);
    await way.down();
    const [{ code }] = await once(connect(way.port, '127.0.0.1'), 'error');
    assert.equal(code, 'ECONNREFUSED');
  } finally {
    server.close();
  }
});
