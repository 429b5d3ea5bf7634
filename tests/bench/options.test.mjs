// What a bench is told on its command line.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { options } from '../../scripts/bench/options.mjs';

const defaults = { rounds: 5, only: ['ours', 'sdk'] };

test('what is not said stays as it is', () => {
  assert.deepEqual(options('load', defaults, []), defaults);
});

test('numbers and lists are taken, and a number alone is the first one’s', () => {
  assert.deepEqual(options('load', defaults, ['--rounds', '7', '--only', 'sdk']), { rounds: 7, only: ['sdk'] });
  assert.deepEqual(options('load', defaults, ['3', '--only=ours,sdk']), { rounds: 3, only: ['ours', 'sdk'] });
});

test('what can’t be understood ends the bench, and says what could be', (t) => {
  const said = t.mock.method(console, 'error', () => {});
  t.mock.method(process, 'exit', (code) => {
    throw new Error(`exit ${code}`);
  });
  for (const args of [['--rounds', 'many'], ['--only', 'nobody'], ['--what', '1']]) {
    assert.throws(() => options('load', defaults, args), /exit 2/);
    assert.match(said.mock.calls.at(-1).arguments[0], /--rounds/);
  }
});

test('asked for help, it tells its options and what they are otherwise, and measures nothing', (t) => {
  const said = t.mock.method(console, 'log', () => {});
  t.mock.method(process, 'exit', (code) => {
    throw new Error(`exit ${code}`);
  });
  assert.throws(() => options('load', defaults, ['--only', 'nobody', '--help']), /exit 0/);
  assert.match(said.mock.calls[0].arguments[0], /--rounds 5\n {2}--only ours,sdk/);
});
