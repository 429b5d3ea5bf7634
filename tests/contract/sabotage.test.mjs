// Softphones that are wrong in one thing each: the suite finds what, and the one that is right in all of it passes.

import assert from 'node:assert/strict';
import { after, describe } from 'node:test';

import { stories } from '../../contract/stories.js';
import { test } from '../support/test.mjs';
import { AT_ONCE, openPage } from './page.mjs';
import { sabotages } from './sabotage/sabotages.js';

const page = await openPage();
after(() => page.close());

/** What never comes is missed after this; on a machine that is slow, what comes late is not. */
const PATIENCES_MS = [4000, 30_000];
const named = (part) => {
  const found = stories.filter(({ name }) => name.includes(part));
  assert.equal(found.length, 1, `one story has "${part}" in its name`);
  return found[0].name;
};
const tell = (story, sabotage, what) =>
  page.tell(named(story), {
    adapter: '/files/tests/contract/sabotage/adapter.js',
    farEnd: '/contract/far-end.js',
    options: { answerAfterMs: 1e9, sabotage },
    ...what,
  });

describe('a softphone that', AT_ONCE, () => {
  for (const [sabotage, story, says] of sabotages) {
    test(`${sabotage} is caught`, async () => {
      let outcome, why, told;
      for (const patienceMs of PATIENCES_MS) {
        ({ outcome, why, told } = await tell(story, sabotage, { patienceMs }));
        assert.equal(outcome, 'failed', `it told ${JSON.stringify(told)}`);
        if (says.test(why)) break;
      }
      assert.match(why, says);
    });
  }
  test('ends with a word where it gets no microphone is not', async () => {
    const { outcome, why } = await tell('without a microphone');
    assert.equal(outcome, 'passed', why);
  });
});

test('there are twenty ways to be wrong, and more', () => {
  const ways = new Set(sabotages.map(([what]) => what));
  assert.equal(ways.size, sabotages.length, 'each has a name of its own');
  assert.ok(ways.size >= 20, `there are ${ways.size}`);
});
