// The loopback softphone keeps the contract, its far end played by the adapter itself.

import assert from 'node:assert/strict';
import { after, describe } from 'node:test';

import { stories } from '../../contract/stories.js';
import { test } from '../support/test.mjs';
import { AT_ONCE, openPage } from './page.mjs';

const page = await openPage();
after(() => page.close());

/** It makes its sound itself, and nobody at its far end holds a call. */
const SKIPPED = ['a hold of the far end is told as the far end\'s', 'a call without a microphone ends as an error, with a word for it'];
const loopback = { adapter: '/files/www/adapters/loopback.js', farEnd: '/contract/far-end.js', options: { line: '+15550100', answerAfterMs: 1e9 } };

describe('loopback', AT_ONCE, () => {
  for (const { name } of stories) {
    test(name, async () => {
      const { outcome, why, told } = await page.tell(name, loopback);
      assert.equal(outcome, SKIPPED.includes(name) ? 'skipped' : 'passed', `${why}\nit told ${JSON.stringify(told)}`);
    });
  }
});
