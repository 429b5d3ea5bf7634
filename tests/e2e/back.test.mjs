// The operator leaves the page and comes back by the browser's Back button: the browser has kept it
// as it was, and no script of it starts anew.

import assert from 'node:assert/strict';
import { launchChromium } from '../support/browser.mjs';
import { CUSTOMER, Portal } from '../support/portal.mjs';
import { startStack } from '../support/servers.mjs';
import { test } from '../support/test.mjs';
import { registered } from '../support/tabs.mjs';
import { until } from '../support/until.mjs';

test('a page left and come back to is signed off meanwhile, and then rings, talks and hears signals as before', async (t) => {
  const [{ browser, close }, stack] = await Promise.all([launchChromium(), startStack()]);
  t.after(() => Promise.all([close(), stack.stop()]));
  const portal = await Portal.open(browser, stack);
  await portal.ready();
  await portal.listening();
  await portal.leave();
  await registered(portal, 0);
  await portal.comeBack();
  await registered(portal, 1);
  const [page, ...others] = await until(async () => {
    const pages = await portal.api('GET', '/sim/pages');
    return pages.length && pages;
  }, { what: 'the page to be back' });
  assert.deepEqual([page.id, others], [portal.id, []], 'it is the same page');

  await portal.ring();
  await portal.card('incoming');
  await portal.press('answer');
  await portal.network('connected');
  await portal.card('connected');
  await portal.customer('hangup');
  assert.equal((await portal.recorded()).finish.CALL_FAILED_CODE, '200');
  await portal.card(null);

  await portal.listening();
  await portal.api('POST', '/sim/pull/send', {
    users: [1], command: 'dial', params: { id: 'after', phoneNumber: CUSTOMER.number, expires: Date.now() / 1000 + 60 },
  });
  await portal.network('ringing');
  await portal.customer('answer');
  await portal.card('connected');
  await portal.press('hangup');
  await portal.recorded(2);
});
