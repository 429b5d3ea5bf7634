// Two tabs of one operator, in every browser that the call stories are told in: one phone, and a call that goes
// on when the page with its sound is closed.

import assert from 'node:assert/strict';

import { story } from '../support/story.mjs';
import { seatOf } from '../support/tabs.mjs';

story('two tabs ring once, the second answers, and when the page with the sound is closed they hear each other in the other', {}, async (portal) => {
  const tabs = [portal, await portal.anotherTab('/crm/deal/details/7/')];
  await portal.ring();
  await Promise.all(tabs.map((tab) => tab.card('incoming')));
  assert.equal((await portal.calls()).length, 1, 'registered once');
  await tabs[1].page.bringToFront();
  await tabs[1].press('answer');
  await Promise.all(tabs.map((tab) => tab.card('connected')));

  const its = await seatOf(tabs);
  const other = tabs.find((tab) => tab !== its);
  await its.sound({ speaks: true, hears: true });
  await other.page.bringToFront();
  await other.press('hold');
  await Promise.all(tabs.map((tab) => tab.pressed('hold')));
  await its.page.close();

  await other.pressed('hold');
  await other.press('hold');
  await other.sound({ speaks: true, hears: true });
  await other.press('hangup');
  const { finish } = await other.recorded();
  assert.equal(finish.CALL_FAILED_CODE, '200');
  await other.card(null);

  await other.ring();
  await other.card('incoming');
  await other.press('skip');
  await other.recorded(2);
  return other;
});
