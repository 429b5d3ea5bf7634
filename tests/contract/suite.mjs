// The contract suite as tests of Node's runner: `open` gives a bench, see `contract/phone.js`.

import { stories } from '../../contract/stories.js';
import { tell } from '../../contract/tell.js';
import { test } from '../support/test.mjs';

export function contract(adapter, open) {
  for (const story of stories) {
    test(`${adapter}: ${story.name}`, async (t) => {
      const { outcome, why, told, error } = await tell(story, open);
      if (outcome === 'skipped') t.skip(why);
      if (outcome === 'failed') throw new Error(`${why}\nit told ${JSON.stringify(told)}`, { cause: error });
    });
  }
}
