// The direct transport: the page speaks to the portal by itself, and nothing else changes.

import assert from 'node:assert/strict';

import { CUSTOMER } from '../support/portal.mjs';
import { story } from '../support/story.mjs';

const DIRECT = { host: { args: ['--transport', 'direct'] } };

story('directly: no script of the portal is on the page; a call rings, is muted, held and taken back, and is recorded', DIRECT, async (portal) => {
  const foreign = await portal.ask(() => performance.getEntriesByType('resource').map(({ name }) => name).filter((url) => url.includes('/api/v1/')));
  assert.deepEqual(foreign, []);
  await portal.talks();
  await portal.press('mute');
  await portal.sound({ speaks: false, hears: true });
  await portal.press('hold');
  await portal.sound({ speaks: false, hears: false });
  await portal.press('hold');
  await portal.press('mute');
  await portal.sound({ speaks: true, hears: true });
  await portal.press('hangup');
  const { finish } = await portal.recorded();
  assert.equal(String(finish.CALL_FAILED_CODE), '200');
});

story('directly: a number that is clicked is dialled', DIRECT, async (portal) => {
  await portal.clickNumber(CUSTOMER.number);
  await portal.network('ringing');
  await portal.customer('answer');
  await portal.card('connected');
  await portal.customer('hangup');
  await portal.recorded();
});

story('directly: REST calls give what BX24.js gives: refused ones, several at once, and with a token that has run out', DIRECT, async (portal) => {
  const call = (method, params = {}) => portal.ask(([method, params]) => new Promise((resolve) => {
    BX24.callMethod(method, params, (result) => resolve({ data: result.data(), error: result.error()?.getError().error }));
  }), [method, params]);
  assert.equal(Number((await call('profile')).data.ID), 1);
  const refused = await call('telephony.externalCall.finish', { CALL_ID: 'none', USER_ID: 1 });
  assert.deepEqual([refused.data, typeof refused.error], [undefined, 'string']);

  const before = await portal.ask(() => BX24.getAuth().access_token);
  await portal.api('POST', '/sim/clock', { advanceMs: 3_700_000 });
  assert.equal(Number((await call('profile')).data.ID), 1);
  assert.notEqual(await portal.ask(() => BX24.getAuth().access_token), before);

  const several = await portal.ask(() => new Promise((resolve) => {
    BX24.callBatch({ me: ['profile', {}], none: ['no.such.method', {}] }, (results) => resolve({
      me: results.me.data()?.ID, none: !!results.none.error(),
    }));
  }));
  assert.deepEqual([Number(several.me), several.none], [1, true]);
});

story('directly: what the portal refuses is said, and the page knows where it stands', DIRECT, async (portal) => {
  const refused = await portal.ask(() => new Promise((resolve) => BX24.openPath('/no/such/path/', resolve)));
  assert.deepEqual(refused, { result: 'error', errorCode: 'PATH_NOT_AVAILABLE' });
  assert.equal(await portal.ask(() => b24worker.worker.page.language), 'en');
  assert.equal(await portal.ask(() => b24worker.worker.page.options.ID), 'PAGE_BACKGROUND_WORKER');
});
