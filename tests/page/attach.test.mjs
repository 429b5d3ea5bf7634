// How a finished record comes to its call on the portal, once: on a portal that only remembers.

import assert from 'node:assert/strict';
import { afterEach, beforeEach } from 'node:test';

import { Attachment } from '../../www/recording/attach.js';
import { test } from '../support/test.mjs';

const TOO_EARLY = { error: 'ERROR_CORE', error_description: 'Call is not found in the statistic table, looks like it is not finished yet' };
const real = { setTimeout: globalThis.setTimeout, fetch: globalThis.fetch, navigator: Object.getOwnPropertyDescriptor(globalThis, 'navigator') };

/** What was asked of the portal, and what it answers to each method in turn, the last for ever. */
let world;

beforeEach(() => {
  world = { asked: [], dropped: [], reports: [], pauses: [], answers: {}, upload: async () => new Response('{}') };
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { locks: { request: (_, __, act) => act({}) } } });
  // No pause takes its time here; how long it would have been is kept.
  globalThis.setTimeout = (act, ms, ...rest) => {
    if (ms >= 15_000 && act.name !== 'resolve') return 0; // a deadline: this portal answers
    world.pauses.push(ms);
    return real.setTimeout(act, 0, ...rest);
  };
  globalThis.fetch = (...args) => world.upload(...args);
  globalThis.BX24 = {
    callMethod(method, params, done) {
      world.asked.push(params.FILE_CONTENT ? `${method} inline` : method);
      const all = world.answers[method] ?? [{}];
      const answer = all.length > 1 ? all.shift() : all[0];
      done({ error: () => answer.error && { getError: () => answer }, data: () => answer });
    },
  };
});
afterEach(() => {
  Object.assign(globalThis, { setTimeout: real.setTimeout, fetch: real.fetch });
  if (real.navigator) Object.defineProperty(globalThis, 'navigator', real.navigator);
  else delete globalThis.navigator;
  delete globalThis.BX24;
});

const ATTACH = 'telephony.externalCall.attachRecord';
const STATISTIC = 'voximplant.statistic.get';
const store = {
  call: async () => ({ callId: 'c.1', startedAt: 1 }),
  wav: async () => new Blob(['RIFF'], { type: 'audio/wav' }),
  drop: async (key) => void world.dropped.push(key),
};
const attach = () => new Attachment(store, ({ code, message }) => world.reports.push(`${code}: ${message}`)).one('key');

test('a call that the portal has not written down yet is tried again, and its record attached', async () => {
  world.answers[ATTACH] = [TOO_EARLY, TOO_EARLY, { uploadUrl: 'https://portal/upload', fieldName: 'file' }];
  await attach();
  assert.deepEqual(world.asked, [ATTACH, ATTACH, ATTACH]);
  assert.deepEqual(world.pauses, [2000, 10_000]);
  assert.deepEqual(world.dropped, ['key']);
});

test('a record that is refused is told, and kept', async () => {
  world.answers[ATTACH] = [{ error: 'ERROR_CORE', error_description: 'Neither RECORD_URL nor FILENAME is given' }];
  await attach();
  assert.deepEqual([world.asked, world.dropped], [[ATTACH], []]);
  assert.match(world.reports[0], /^RECORD_REFUSED: /);
});

for (const [what, statistic, inline] of [
  ['and the portal has it: it is not sent again', [[{ CALL_ID: 'c.1', RECORD_FILE_ID: '7' }]], false],
  ['and the portal has it not: it goes inside a request', [[{ CALL_ID: 'c.1', RECORD_FILE_ID: null }]], true],
  ['and the operator may not look: it goes inside a request', [{ error: 'ACCESS_DENIED' }], true],
]) {
  test(`an upload whose answer the browser hides, ${what}`, async () => {
    world.answers[ATTACH] = [{ uploadUrl: 'https://portal/upload' }];
    world.answers[STATISTIC] = statistic;
    world.upload = async () => {
      throw new TypeError('Failed to fetch'); // as CORS has it, whatever became of the request
    };
    await attach();
    assert.deepEqual(world.asked, [ATTACH, STATISTIC, ...(inline ? [`${ATTACH} inline`] : [])]);
    assert.deepEqual(world.dropped, ['key']);
  });
}
