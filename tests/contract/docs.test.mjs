// The softphone and the far end of docs/adapters.md keep the contract, at the PBX that they are for.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe } from 'node:test';

import { stories } from '../../contract/stories.js';
import { ROOT } from '../support/servers.mjs';
import { test } from '../support/test.mjs';
import { AT_ONCE, openPage } from './page.mjs';
import { openPbx } from './pbx.mjs';

const shown = readFileSync(join(ROOT, 'docs/adapters.md'), 'utf8');
const block = (first) => {
  const text = new RegExp(`\`\`\`js\\n(// ${first}\\n[\\s\\S]*?)\`\`\``).exec(shown)?.[1];
  assert.ok(text, `docs/adapters.md has a block that begins with ${first}`);
  return () => ({ type: 'text/javascript', body: text });
};
const page = await openPage({ '/example.js': block('www/adapters/example\\.js'), '/far-end.js': block('far-end\\.js') });
after(() => page.close());

/** Without a connection to look at nobody can tell what is heard. */
const UNTOLD = ['softphone.peerConnection', 'softphone.snapshot', 'farEnd.digits', 'farEnd.hold', 'bench.refuseMicrophone'];

describe('the example of the documentation', AT_ONCE, () => {
  for (const { name, needs } of stories) {
    test(name, async () => {
      const pbx = await openPbx();
      try {
        const { outcome, why, told } = await page.tell(name, {
          adapter: '/example.js',
          farEnd: '/far-end.js',
          options: { server: pbx.server('101') },
          farEndOptions: { server: pbx.server('102'), number: '102', operator: '101' },
        });
        assert.equal(outcome, needs.some((need) => UNTOLD.includes(need)) ? 'skipped' : 'passed', `${why}\nit told ${JSON.stringify(told)}`);
      } finally {
        pbx.close();
      }
    });
  }
});
