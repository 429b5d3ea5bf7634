// What benches make of their numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lasting } from '../../scripts/bench/progress.mjs';
import { median, quantile, ratio, slope } from '../../scripts/bench/statistics.mjs';

test('the median is the one in the middle, of two the mean', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([10, 2, 9, 1]), 5.5);
  assert.equal(median([]), null);
});

test('a quantile is one of the numbers', () => {
  const all = Array.from({ length: 100 }, (_, i) => 99 - i);
  assert.deepEqual([quantile(all, 0), quantile(all, 0.95), quantile(all, 1)], [0, 95, 99]);
  assert.equal(quantile([], 0.5), null);
});

test('what was not measured makes no ratio', () => {
  assert.equal(ratio(3, 2), 1.5);
  assert.deepEqual([ratio(null, 2), ratio(3, null), ratio(3, 0)], [null, null, null]);
});

test('a slope is the same with a wild point, and its bounds hold it', () => {
  const line = Array.from({ length: 20 }, (_, x) => ({ x, y: 7 + 3 * x }));
  line[11].y = 100_000;
  const { slope: found, low, high } = slope(line);
  assert.equal(found, 3);
  assert.ok(low <= 3 && high >= 3, `${low} to ${high}`);
});

test('noise around a level has no slope within its bounds, a leak has', () => {
  const noise = (x) => ((x * 7919) % 13) - 6;
  const level = slope(Array.from({ length: 40 }, (_, x) => ({ x, y: 500 + noise(x) })));
  assert.ok(level.low <= 0 && level.high >= 0, JSON.stringify(level));
  const leak = slope(Array.from({ length: 40 }, (_, x) => ({ x, y: 500 + x + noise(x) })));
  assert.ok(leak.low > 0, JSON.stringify(leak));
  assert.equal(slope([{ x: 1, y: 1 }]), null);
});

test('a time is told as one says it', () => {
  assert.deepEqual([lasting(900), lasting(59_400), lasting(200_000)], ['1 s', '59 s', '3 min 20 s']);
});
