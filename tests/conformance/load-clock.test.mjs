// Cases 97-98: the load clock, and what stands on it.

import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { bench, until } from './support.mjs';
import { isSlow } from '../../crates/simulator/www/load-clock.js';

const it = bench();

const strikes = async () => (await it.api('GET', '/sim/state')).strikes;

test('case 97: at the limit is in time, above it is slow', () => {
  assert.equal(isSlow(5000, 5000), false);
  assert.equal(isSlow(5000.1, 5000), true);
});

test('case 97: a load later than the limit is one strike', async () => {
  await it.faults({ loadLimitMs: 0 });
  const portal = await it.open();
  const [frame] = (await portal.state()).frames;
  assert.deepEqual([frame.loads, frame.strikes, await strikes()], [1, 1, 1]);
  const slow = (await it.log()).filter(({ kind, name }) => kind === 'clock' && name === 'slow');
  assert.equal(slow.length, 1);
});

test('a load within the limit is none', async () => {
  const portal = await it.open();
  const [frame] = (await portal.state()).frames;
  assert.deepEqual([frame.loads, frame.strikes, await strikes()], [1, 0, 0]);
  assert.ok(frame.loadMs < 5000);
});

test('case 98: a later load of the same frame is measured from the same start', async () => {
  const portal = await it.open();
  const [{ loadMs }] = (await portal.state()).frames;
  // As if six seconds had gone by: whatever comes after the first load is late.
  await it.faults({ loadLimitMs: loadMs });
  await portal.frame.evaluate(() => setTimeout(() => location.assign('/handler?again'), 0));
  await until(async () => (await portal.state()).frames[0].loads === 2, { what: 'the second load' });
  assert.equal((await portal.state()).frames[0].strikes, 1);
  assert.equal((await portal.state()).frames[0].loadMs, loadMs, 'the first load keeps its time');
});
