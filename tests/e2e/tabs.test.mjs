// An operator with several tabs open, whose softphone lives in one of them (the loopback): one phone for
// all, every card usable, and a call that goes on in another page, or ends honestly where its softphone can't.

import assert from 'node:assert/strict';

import { Operator } from '../support/operator.mjs';
import { CUSTOMER } from '../support/portal.mjs';
import { startStack } from '../support/servers.mjs';
import { keepBusy, registered, seatOf } from '../support/tabs.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

/** Tells a story with so many tabs, their workers ready. `takesUp`: whether the softphone takes up calls of another page. */
function story(name, count, tell, { takesUp = true } = {}) {
  test(name, async () => {
    const stack = await startStack({ takesUp });
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
      error.message += `\n${await operator.told()}\n${stack.logs()}`;
      throw error;
    } finally {
      await operator.close();
      await stack.stop();
    }
  });
}

const all = (tabs, state) => Promise.all(tabs.map((tab) => tab.card(state)));

/** What the browser keeps of the call is of use to nobody but its hub. */
async function keepsSealed(tab) {
  const { kept, extractable } = await tab.ask(async () => {
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const database = await done(indexedDB.open('b24-call-worker'));
    const values = await done(database.transaction('journal').objectStore('journal').getAll());
    database.close();
    const entry = values.find(({ text }) => text);
    const latin = new TextDecoder('latin1');
    return { kept: entry && latin.decode(entry.text), extractable: values.find((it) => it instanceof CryptoKey)?.extractable };
  });
  assert.ok(kept, 'it keeps the call');
  for (const word of ['callId', 'external', CUSTOMER.number]) assert.ok(!kept.includes(word), 'and not for everybody');
  assert.equal(extractable, false);
}

/** What the tab's frame tells the simulator of itself, which its dock shows. */
const told = (tab, wanted) =>
  until(
    async () => {
      const { told } = (await tab.state()).frames[0];
      if (Object.entries(wanted).every(([key, is]) => told?.[key] === is)) return told;
      throw new Error(`it tells ${JSON.stringify(told)}`);
    },
    { what: `the frame to tell ${JSON.stringify(wanted)}` },
  );

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
  const its = await seatOf(tabs);
  await its.sound({ speaks: true, hears: true });
  await keepsSealed(first);

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

story('a call that rings behind the tab the operator looks at comes to it, and is answered there', 2, async ([behind, inFront]) => {
  await inFront.front();
  await keepBusy(inFront, 2500);
  await inFront.ring();
  await behind.card('incoming');
  await inFront.card('incoming');
  await inFront.press('answer');
  await all([behind, inFront], 'connected');
  await inFront.press('hangup');
  await inFront.recorded();
});

story('the worker with the sound is stopped: they hear each other in another tab, and it can do nothing more', 2, async (tabs) => {
  await talk(tabs);
  const its = await seatOf(tabs);
  const [other] = tabs.filter((tab) => tab !== its);
  await its.ask(() => globalThis.b24worker.worker.stop());
  await other.front();
  assert.equal(await seatOf(tabs), other);
  await other.sound({ speaks: true, hears: true });
  const refused = await its.ask(() => globalThis.b24worker.worker.hangUp().catch(({ code, message }) => `${code} ${message}`));
  assert.match(refused, /^NO_CALL .*stopped/);
  assert.equal(await its.ask(() => globalThis.b24worker.worker.hasSeat), false);
  await other.press('hangup');
  await other.recorded();
  await all(tabs, null);
  await its.reload();
  await its.ready();
});

story('the page with the sound is closed: they hear each other in another one, and the dock shows where', 2, async (tabs) => {
  await talk(tabs);
  await tabs[0].talked(1);
  const its = await seatOf(tabs);
  const [other] = tabs.filter((tab) => tab !== its);
  await told(other, { seat: false, sound: false });
  await its.close();
  await other.sound({ speaks: true, hears: true });
  await told(other, { seat: true, sound: true, call: 'connected' });
  await other.card('connected');
  await other.front();
  await other.press('hangup');
  const { CALL_DURATION: duration } = (await other.recorded()).finish;
  const { answeredAt, endedAt } = await other.network('ended');
  assert.ok(Math.abs(duration - (endedAt - answeredAt) / 1000) <= 2, `${duration} s, from the first word to the last`);
  await other.card(null);
});

story('a page with the sound crashes, and no other softphone can take the call up: it is recorded, and another tab has the phone', 2, async (tabs) => {
  await talk(tabs);
  const its = await seatOf(tabs);
  const [other] = tabs.filter((tab) => tab !== its);
  await its.crash();
  const { finish } = await other.recorded();
  assert.equal(finish.CALL_FAILED_CODE, '200');
  assert.equal((await other.calls()).length, 1);
  await other.card(null);
}, { takesUp: false });

story('the operator follows a link in the only tab: they hear each other again, the card is back, and its time goes on', 1, async ([tab]) => {
  await talk([tab]);
  await tab.press('hold');
  await tab.customerSees({ held: true });
  await tab.talked(3);
  await tab.visit('/crm/deal/details/7/');
  await tab.pressed('hold');
  const time = (await tab.state()).card.statusText.match(/ · (\d\d):(\d\d)$/);
  assert.ok(time && Number(time[1]) * 60 + Number(time[2]) >= 3, 'its own timer began anew');
  await tab.press('hold');
  await tab.sound({ speaks: true, hears: true });
  await tab.press('hangup');
  const { finish } = await tab.recorded();
  assert.equal(finish.CALL_FAILED_CODE, '200');
  await tab.card(null);
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
