// A call on a real SIP server whose page goes: in the hidden frames of real portal pages, with the operator's own
// browser. What else can die, and in which moment of a call, `tests/kills/` tells.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { startSip } from '../support/customers.mjs';
import { Operator } from '../support/operator.mjs';
import { EVENTS } from '../support/portal.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

const both = { speaks: true, hears: true };

/** The worker listens to the card, and calls can come. */
async function opened(operator, path) {
  const tab = await operator.tab(path);
  await until(async () => (await tab.binds()).length >= EVENTS.length, { what: 'the events of the card to be bound' });
  await until(() => tab.ask(() => globalThis.b24worker?.registered === true), { what: 'the worker to be registered' });
  return tab;
}

const hasSeat = (tab) => until(() => tab.ask(() => globalThis.b24worker?.worker?.hasSeat === true), { what: 'the tab to have the seat' });

/** A customer calls, it is answered in this tab, and they have talked for more than two seconds. */
async function talks(network, tab) {
  const call = await network.rings();
  await tab.card('incoming');
  await tab.front();
  await tab.press('answer');
  await network.connected(call);
  const began = Date.now();
  await Promise.all([tab.sound(both), network.hears(call)]);
  await until(() => Date.now() - began > 3000, { what: 'three seconds of talk' });
  return { call, began };
}

/** They hear each other in this tab, its card knows for how long, and in the end there is one record of it all. */
async function goesOn(network, tab, { call, began }) {
  await hasSeat(tab);
  await Promise.all([tab.sound(both), network.hears(call)]);
  await tab.card('connected');
  await tab.front();
  await tab.press('hangup');
  const lasted = (Date.now() - began) / 1000;
  await network.ended(call);
  const { finish } = await until(async () => {
    const last = (await tab.calls()).at(-1);
    return last.finish && last;
  }, { what: 'the call to be recorded' });
  assert.equal(finish.CALL_FAILED_CODE, '200');
  assert.ok(Math.abs(finish.CALL_DURATION - lasted) <= 2, `${finish.CALL_DURATION} s of ${lasted} s`);
  await tab.card(null);
}

/** What the card says of the time, in a page that came after they began to talk. */
const itsTime = (tab) => until(async () => {
  const [, minutes, seconds] = / · (\d\d):(\d\d)$/.exec((await tab.state()).card?.statusText) ?? [];
  return minutes && Number(minutes) * 60 + Number(seconds);
}, { what: 'the card to tell for how long they talk' });

for (const adapter of ['jssip', 'sipjs']) {
  const network = await startSip(adapter);
  let operator = await Operator.start(network.stack, { flags: network.flags });
  after(async () => {
    await operator.close();
    await network.stop();
  });

  const story = (name, tell) => test(`${adapter}: ${name}`, async () => {
    try {
      await tell();
      for (const call of await network.stack.simulator.api('GET', '/sim/calls')) assert.equal(call.finishes, 1, 'recorded once');
      for (const tab of [...operator.tabs]) await tab.close();
    } catch (error) {
      error.message += `\n${network.stack.logs()}`;
      await operator.close();
      operator = await Operator.start(network.stack, { flags: network.flags });
      await network.clear();
      throw error;
    }
  });

  for (const [how, go] of [
    ['is closed', (tab) => tab.close()],
    ['crashes', (tab) => tab.crash()],
    ['follows a link', (tab) => tab.visit('/crm/company/details/3/')],
  ]) {
    story(`the tab with the sound ${how}: they hear each other in the other tab`, async () => {
      const seat = await opened(operator, '/crm/contact/details/5/');
      const other = await opened(operator, '/crm/deal/details/7/');
      await hasSeat(seat);
      const talk = await talks(network, seat);
      await go(seat);
      await goesOn(network, other, talk);
    });
  }

  story('the only tab follows a link: they hear each other again, the card is back, and its time goes on', async () => {
    const tab = await opened(operator, '/crm/contact/details/5/');
    const talk = await talks(network, tab);
    await tab.visit('/crm/deal/details/7/');
    assert.ok((await itsTime(tab)) >= 3, 'not from the new page on');
    await goesOn(network, tab, talk);
  });

  story('the hub is killed while the customer is on hold: another takes the call up, and it is still on hold', async () => {
    const tab = await opened(operator, '/crm/contact/details/5/');
    const talk = await talks(network, tab);
    await tab.press('hold');
    await network.held(talk.call);
    await tab.pressed('hold');
    const held = Date.now();
    await until(() => Date.now() - held > 1000, { what: 'the disk to have heard of it' });
    await tab.ask(() => {
      globalThis.sound = [];
      globalThis.b24worker.worker.on('callchanged', ({ call }) => globalThis.sound.push(call && !call.mediaLost));
    });
    await operator.endSharedWorkers();
    await until(() => tab.ask(() => globalThis.sound.includes(false) && globalThis.sound.at(-1)), { what: 'the call to be taken up' });
    await tab.pressed('hold');
    await tab.press('hold');
    await goesOn(network, tab, talk);
  });
}
