// An operator with several tabs open, whose softphone lives in one of them (the loopback): one phone for
// all, every card usable, and an honest end where the sound goes with its page.

import assert from 'node:assert/strict';

import { Operator } from '../support/operator.mjs';
import { startStack } from '../support/servers.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

/** Tells a story with so many tabs, their workers ready. */
function story(name, count, tell) {
  test(name, async () => {
    const stack = await startStack();
    const operator = await Operator.start(stack);
    try {
      const tabs = [];
      for (let i = 0; i < count; i++) tabs.push(await (await operator.tab()).ready());
      await tell(tabs, operator);
      // Whatever was told, every call is recorded once, and the next one rings in the tabs that are left.
      const calls = await tabs[0].calls();
      for (const call of calls) assert.equal(call.finishRequests, 1, `${call.CALL_ID} is finished once`);
      await nextCallRings(operator, calls.length);
    } catch (error) {
      error.message += `\n${stack.logs()}`;
      throw error;
    } finally {
      await operator.close();
      await stack.stop();
    }
  });
}

const all = (tabs, state) => Promise.all(tabs.map((tab) => tab.card(state)));

/** Which tab the sound is in. */
async function seat(tabs) {
  return until(
    async () => {
      for (const tab of tabs) if (await tab.ask(() => globalThis.b24worker.worker?.hasSeat === true)) return tab;
      return false;
    },
    { what: 'a tab to have the seat' },
  );
}

const registered = (tab, count) =>
  until(async () => (await tab.api('GET', '/sim/phone')).registered === count, { what: `${count} registered softphone(s)` });

async function talk(tabs, answeredIn = tabs[0]) {
  await tabs[0].ring();
  await all(tabs, 'incoming');
  await answeredIn.front();
  await answeredIn.press('answer');
  await tabs[0].network('connected');
  await all(tabs, 'connected');
}

async function nextCallRings({ tabs }, before) {
  const [tab] = tabs;
  await registered(tab, 1);
  await tab.front();
  await tab.ring({ number: '+12025550142', displayName: 'Next' });
  await tab.card('incoming');
  await tab.press('skip');
  await tab.recorded(before + 1);
}

story('three tabs ring once, one answers, another holds, the third hangs up: one call and one record', 3, async (tabs) => {
  const [first, second, third] = tabs;
  await registered(first, 1);
  await talk(tabs, second);
  const its = await seat(tabs);
  await its.sound({ speaks: true, hears: true });

  await first.front();
  await first.press('hold');
  await first.customerSees({ held: true });
  await Promise.all(tabs.map((tab) => tab.pressed('hold')));
  await third.front();
  await third.press('hold');
  await third.customerSees({ held: false });
  await Promise.all(tabs.map((tab) => tab.released('hold')));

  await second.front();
  await second.press('mute');
  await second.customerSees({ muted: true });
  await Promise.all(tabs.map((tab) => tab.pressed('mute')));

  await third.front();
  await third.press('hangup');
  await all(tabs, null);
  const { finish } = await third.recorded();
  assert.equal(finish.CALL_FAILED_CODE, '200');
  assert.equal((await first.calls()).length, 1, 'registered once');
});

story('the page with the sound is closed: its call ends and is recorded, and another tab has the phone', 2, async (tabs) => {
  await talk(tabs);
  await tabs[0].talked(1);
  const its = await seat(tabs);
  const [other] = tabs.filter((tab) => tab !== its);
  await its.close();
  await other.recorded();
  assert.equal((await other.calls()).length, 1);
  await other.card(null);
});

story('a page with the sound that crashes leaves no call open', 2, async (tabs) => {
  await talk(tabs);
  const its = await seat(tabs);
  const [other] = tabs.filter((tab) => tab !== its);
  await its.crash();
  await other.recorded();
  await other.card(null);
});

story('the operator follows a link in the only tab: the call ends, is recorded once, and the next page rings', 1, async ([tab]) => {
  await talk([tab]);
  await tab.talked(1);
  await tab.visit('/crm/deal/details/7/');
  await tab.ready();
  const { finish } = await tab.recorded();
  assert.equal(finish.CALL_FAILED_CODE, '200');
});

story('a slider and a late tab share the phone, and a method of any of them reaches the call', 1, async ([tab], operator) => {
  await tab.slider('/crm/contact/details/5/');
  const late = await (await operator.tab('/crm/deal/details/9/')).ready();
  await registered(tab, 1);
  await tab.ring();
  await all([tab, late], 'incoming');
  await late.ask(() => globalThis.b24worker.worker.answer());
  await all([tab, late], 'connected');
  const phases = () => Promise.all([tab, late].map((it) => it.ask(() => globalThis.b24worker.worker.call?.state)));
  assert.deepEqual(await phases(), ['connected', 'connected']);
  await tab.ask(() => globalThis.b24worker.worker.hangUp());
  await tab.recorded();
  await tab.closeSlider();
  await all([tab, late], null);
});
