// Stories of a call that is spoken in one page after another: the seat moves because the operator wants it,
// because its page is closed, or because that died; and whatever a call is doing goes on.

import assert from 'node:assert/strict';

import { until } from '../support/until.mjs';

/** The operator has two pages, and talks in the first; who may be measured for how long nothing is heard. */
async function scene(story, { calls = 'operator', options } = {}) {
  const [operator, customer] = await Promise.all([story.phone('operator', options, { gauge: true }), story.phone('customer', {}, { gauge: true })]);
  const first = operator.page;
  const second = await operator.opensTab();
  const [mine, theirs] = calls === 'operator' ? await story.talk(operator, customer) : (await story.talk(customer, operator)).reverse();
  return { operator, customer, mine, theirs, first, second };
}

/** Tells how long nobody was heard, by what the listeners' loudspeakers were given. */
function tellSilence(what, { operator, customer }) {
  const ms = (value) => (value === undefined ? '?' : `${Math.max(0, Math.round(value))} ms`);
  console.log(`    silence, ${what}: customer ${ms(customer)}, operator ${ms(operator)}`);
}

/** Moves the seat by `move`, and tells the silence that made. */
async function measured(what, { operator, customer, first, second }, move) {
  await Promise.all([customer.heeds(), operator.heeds(), second.evaluate(() => heeds())]);
  await until(async () => (await first.evaluate(() => gauged())).last, { what: 'the operator to hear' });
  const last = await move();
  await until(async () => (await second.evaluate(() => gauged())).began, { what: 'the operator to hear again' });
  const { began } = await second.evaluate(() => gauged());
  const { silence } = await customer.gauged();
  tellSilence(what, { customer: silence, operator: began - last });
}

const heardBy = (tab) => tab.evaluate(() => gauged().last);

const leaving = [
  ['and its page lives on', async ({ operator, first, second }) => {
    await operator.takesSeat(second);
    return heardBy(first);
  }],
  ['and its page is closed', async ({ operator, first, second }) => {
    const last = await heardBy(first);
    await operator.closes(first);
    await operator.takesSeat(second);
    return last;
  }],
  ['and its page has crashed', async ({ operator, first, second }) => {
    const last = await heardBy(first);
    await operator.crashes(first);
    await operator.takesSeat(second);
    return last;
  }, async (all) => {
    // A hub lives in the renderer of the page it was born in: the other one is to crash.
    await all.operator.takesSeat(all.second);
    return { ...all, first: all.second, second: all.first };
  }],
];

export const seat = [
  ...leaving.flatMap(([how, move, prepare = (all) => all]) => ['operator', 'customer'].map((calls) => [`the seat moves in a call of the ${calls}'s, ${how}: both are heard in the other page`, async (story) => {
    const all = await prepare(await scene(story, { calls }));
    const { operator, customer, mine, theirs } = all;
    await measured(`${story.adapter}, ${how.replace('and its ', '')}`, all, () => move(all));
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    const said = (await customer.events()).filter(({ callId, type }) => callId === theirs && !['progress', 'connected', 'incoming'].includes(type));
    assert.deepEqual(said, [], 'the customer is told nothing');
    await operator.ask('setHeld', mine, true);
    await customer.told('held', { callId: theirs, held: true, by: 'remote' });
    await operator.ask('setHeld', mine, false);
    await story.hear(customer, theirs);
    await story.goodbye(customer, theirs, operator, mine);
    await story.nextCallWorks(customer, operator);
  }])),

  ['the seat moves three times in a row, the last while the one before is under way', async (story) => {
    const { operator, customer, mine, theirs, first, second } = await scene(story);
    await operator.takesSeat(second);
    const back = operator.takesSeat(first);
    await until(() => first.evaluate(() => livePeerConnections()), { what: 'the move to have begun' });
    await Promise.all([back, operator.takesSeat(second)]);
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    assert.equal(await first.evaluate(() => livePeerConnections()), 0, 'nothing is left in the page that has lost the seat');
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['muted, the call is muted in the other page, and nobody was heard meanwhile', async (story) => {
    const { operator, customer, mine, theirs, second } = await scene(story);
    await operator.ask('setMuted', mine, true);
    await customer.sound(theirs, { hears: false });
    const before = await customer.audio(theirs);
    await operator.takesSeat(second);
    await customer.sound(theirs, { speaks: true, hears: false });
    const after = await customer.audio(theirs);
    assert.ok(after.received.energy < 0.01 || after.received.energy - before.received.energy < 0.01, 'not for a moment');
    await operator.ask('setMuted', mine, false);
    await story.hear(customer, theirs);
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['on hold when the page dies, the customer stays on hold until she is taken back', async (story) => {
    const { operator, customer, mine, theirs, first, second } = await scene(story);
    await operator.ask('setHeld', mine, true);
    await customer.told('held', { callId: theirs, held: true, by: 'remote' });
    await operator.closes(first);
    await operator.takesSeat(second);
    await customer.sound(theirs, { speaks: false, hears: false });
    await operator.ask('setHeld', mine, false);
    await customer.told('held', { callId: theirs, held: false, by: 'remote' });
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['held by the customer when the seat moves: she still holds, and takes it back', async (story) => {
    const { operator, customer, mine, theirs, second } = await scene(story);
    await customer.ask('setHeld', theirs, true);
    await operator.told('held', { callId: mine, held: true, by: 'remote' });
    const before = (await operator.events()).length;
    await operator.takesSeat(second);
    await operator.sound(mine, { hears: false });
    assert.deepEqual((await operator.events()).slice(before), [], 'nothing has changed');
    await customer.ask('setHeld', theirs, false);
    await operator.told('held', { callId: mine, held: false, by: 'remote' });
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(customer, theirs, operator, mine);
  }],

  ['a call on hold and a consultation move together, and are joined afterwards', async (story) => {
    const { operator, customer, mine, theirs, first, second } = await scene(story);
    const colleague = await story.phone('colleague');
    await operator.ask('setHeld', mine, true);
    const asking = await operator.dials(colleague, { consultationFor: mine });
    const { callId: asked } = await colleague.rings();
    await colleague.ask('answer', asked);
    await story.hear(operator, asking);
    await operator.closes(first);
    await operator.takesSeat(second);
    await Promise.all([story.hear(operator, asking), story.hear(colleague, asked)]);
    await operator.ask('completeTransfer', mine, asking);
    for (const callId of [mine, asking]) {
      assert.deepEqual((await operator.told('ended', { callId })).cause, { by: 'local', code: 'TRANSFERRED' });
    }
    await Promise.all([story.hear(customer, theirs), story.hear(colleague, asked)]);
    await story.goodbye(colleague, asked, customer, theirs);
    await story.nextCallWorks(customer, operator);
  }],

  ['the page goes while the colleague of a blind transfer is rung: the customer gets through', async (story) => {
    const { operator, customer, mine, theirs, first, second } = await scene(story);
    const colleague = await story.phone('colleague');
    await second.evaluate(([mine, user]) => {
      globalThis.outcome = softphone.transfer(mine, user).then(() => 'done', (error) => error.code);
    }, [mine, colleague.user]);
    const { callId: passed } = await colleague.rings();
    await operator.closes(first);
    await operator.takesSeat(second);
    await colleague.ask('answer', passed);
    assert.equal(await second.evaluate(() => outcome), 'done');
    await customer.told('transferred', { callId: theirs });
    await story.hear(customer, theirs);
    await story.goodbye(customer, theirs, colleague, passed);
    assert.deepEqual((await operator.told('ended', { callId: mine })).cause, { by: 'local', code: 'TRANSFERRED' });
  }],

  ['the page goes while the colleague is rung, who declines: the call goes on in the other page', async (story) => {
    const { operator, customer, mine, theirs, first, second } = await scene(story);
    const colleague = await story.phone('colleague');
    await second.evaluate(([mine, user]) => {
      globalThis.outcome = softphone.transfer(mine, user).then(() => 'done', (error) => error.code);
    }, [mine, colleague.user]);
    const { callId: passed } = await colleague.rings();
    await operator.closes(first);
    await operator.takesSeat(second);
    await colleague.ask('reject', passed, 603);
    assert.equal(await second.evaluate(() => outcome), 'TRANSFER');
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['a call that rings is answered in the other page', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [first, second] = [operator.page, await operator.opensTab()];
    const theirs = await customer.dials(operator);
    const { callId: mine } = await operator.rings();
    await operator.closes(first);
    await operator.takesSeat(second);
    await operator.ask('answer', mine);
    await operator.told('connected', { callId: mine });
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(customer, theirs, operator, mine);
  }],

  ['a call that is being answered in a page whose microphone never comes is answered in the other', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [first, second] = [operator.page, await operator.opensTab()];
    await first.evaluate(() => (navigator.mediaDevices.getUserMedia = () => new Promise((resolve) => (globalThis.letIn = resolve))));
    const theirs = await customer.dials(operator);
    const { callId: mine } = await operator.rings();
    await second.evaluate((mine) => void softphone.answer(mine), mine);
    await until(() => first.evaluate(() => !!globalThis.letIn), { what: 'the microphone to be asked for' });
    await operator.takesSeat(second);
    await operator.told('connected', { callId: mine });
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(customer, theirs, operator, mine);
  }],

  ['the customer answers after the page that dialled is gone: both are heard in the other', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [first, second] = [operator.page, await operator.opensTab()];
    const mine = await operator.dials(customer);
    const { callId: theirs } = await customer.rings();
    await operator.told('progress', { callId: mine });
    await operator.closes(first);
    await operator.takesSeat(second);
    await customer.ask('answer', theirs);
    await operator.told('connected', { callId: mine });
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(operator, mine, customer, theirs);
    await story.nextCallWorks(customer, operator);
  }],

  ['while nobody has the seat the dialog lives: hold and refresh are answered, and the next page is heard', async (story) => {
    const { operator, customer, mine, theirs, first, second } = await scene(story);
    await operator.leavesSeat(second);
    await operator.closes(first);
    await customer.ask('setHeld', theirs, true);
    await operator.told('held', { callId: mine, held: true, by: 'remote' });
    await customer.ask('setHeld', theirs, false);
    await operator.told('held', { callId: mine, held: false, by: 'remote' });
    await operator.ask('setMuted', mine, true);
    await operator.takesSeat(second);
    await customer.sound(theirs, { speaks: true, hears: false });
    await operator.ask('setMuted', mine, false);
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(customer, theirs, operator, mine);
  }],

  ['while nobody has the seat the customer hangs up, and so may the operator', async (story) => {
    const { operator, customer, mine, theirs, first, second } = await scene(story);
    await operator.leavesSeat(second);
    await operator.closes(first);
    await customer.ask('hangUp', theirs);
    assert.deepEqual((await operator.told('ended', { callId: mine })).cause, { by: 'remote' });
    await operator.takesSeat(second);
    const [again, rung] = await story.talk(operator, customer);
    await operator.leavesSeat(second);
    await story.goodbye(operator, again, customer, rung);
  }],

  ['a call dialled while nobody has the seat waits for a page, and is taken back as any other', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const second = await operator.opensTab();
    await operator.leavesSeat(second);
    await second.evaluate((user) => void softphone.dial('waiting', user, {}), customer.user);
    await operator.takesSeat(second);
    const { callId: theirs } = await customer.rings();
    await customer.ask('answer', theirs);
    await Promise.all([story.hear(operator, 'waiting'), story.hear(customer, theirs)]);
    await story.goodbye(operator, 'waiting', customer, theirs);
  }],

  ['the seat moves during an outage of the server\'s connection: the call is heard once it is back', async (story) => {
    const link = await story.link();
    const [operator, customer] = await Promise.all([story.phone('operator', {}, { link }), story.phone('customer')]);
    const [first, second] = [operator.page, await operator.opensTab()];
    const [mine, theirs] = await story.talk(operator, customer);
    link.cut();
    await operator.told('unregistered');
    const moved = operator.takesSeat(second);
    await operator.closes(first);
    link.mend();
    await moved;
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['a far end that knows no Replaces is sent a re-INVITE, and is heard in the other page', async (story) => {
    const operator = await story.phone('operator');
    const second = await operator.opensTab();
    const [mine, pbx] = await story.talkToPbx(operator);
    await story.hear(operator, mine);
    await operator.takesSeat(second);
    await story.hear(operator, mine);
    await operator.ask('setHeld', mine, true);
    await operator.ask('setHeld', mine, false);
    await story.hear(operator, mine);
    await story.leavePbx(operator, mine, pbx);
  }],

  ['the customer hangs up in the moment the seat moves: the call ends once, and the next one works', async (story) => {
    const { operator, customer, mine, theirs, second } = await scene(story);
    const moved = operator.takesSeat(second);
    await customer.ask('hangUp', theirs);
    await Promise.all([moved, operator.told('ended', { callId: mine }), customer.told('ended', { callId: theirs })]);
    await story.nextCallWorks(customer, operator);
  }],

  ['the operator hangs up in the moment the seat moves: both are told, and the next call works', async (story) => {
    const { operator, customer, mine, theirs, second } = await scene(story);
    await second.evaluate((mine) => {
      globalThis.moved = hub.takeSeat();
      void softphone.hangUp(mine);
    }, mine);
    operator.page = operator.tab = second;
    await second.evaluate(() => moved);
    await Promise.all([operator.told('ended', { callId: mine }), customer.told('ended', { callId: theirs })]);
    await story.nextCallWorks(customer, operator);
  }],

  ['a page without a microphone takes the seat: the call ends and says why, and the customer is told', async (story) => {
    const { operator, customer, mine, theirs, second } = await scene(story);
    await second.evaluate(() => (navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotFoundError'))));
    await operator.takesSeat(second);
    const { cause } = await operator.told('ended', { callId: mine });
    assert.deepEqual([cause.by, cause.code], ['error', 'MICROPHONE_MISSING']);
    assert.deepEqual((await customer.told('ended', { callId: theirs })).cause, { by: 'remote' });
  }],

  ...[['by itself', (operator) => operator.dies()], ['with the page it was born in', (operator, first) => operator.crashes(first)]].map(([how, kill]) => [
    `the hub dies ${how}: the next one takes up the call, held and muted as it was, and a consultation`, async (story) => {
      const { operator, customer, mine, theirs, first, second } = await scene(story);
      const colleague = await story.phone('colleague');
      await operator.ask('setHeld', mine, true);
      const asking = await operator.dials(colleague, { consultationFor: mine });
      const { callId: asked } = await colleague.rings();
      await colleague.ask('answer', asked);
      await Promise.all([story.hear(operator, asking), story.hear(colleague, asked)]);
      await operator.ask('setMuted', asking, true);
      const kept = await Promise.all([mine, asking].map((callId) => operator.ask('snapshot', callId)));
      operator.page = operator.tab = second;
      await kill(operator, first);
      await operator.opensHub(second, kept);
      await Promise.all([mine, asking].map((callId) => operator.told('connected', { callId })));
      await colleague.sound(asked, { speaks: true, hears: false });
      await operator.ask('setMuted', asking, false);
      await Promise.all([story.hear(operator, asking), story.hear(colleague, asked)]);
      await customer.sound(theirs, { speaks: false, hears: false });
      await story.goodbye(operator, asking, colleague, asked);
      await operator.ask('setHeld', mine, false);
      await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
      await story.goodbye(customer, theirs, operator, mine);
      await story.nextCallWorks(customer, operator);
    }]),

  ['the hub dies in a call with a far end that knows no Replaces: it ends at both ends, and says why', async (story) => {
    const operator = await story.phone('operator');
    const second = await operator.opensTab();
    const [mine, pbx] = await story.talkToPbx(operator);
    const kept = [await operator.ask('snapshot', mine)];
    operator.page = operator.tab = second;
    await operator.dies();
    await operator.opensHub(second, kept);
    const { cause } = await operator.told('ended', { callId: mine });
    assert.deepEqual([cause.by, cause.code], ['error', 'SEAT_LOST']);
    await until(() => pbx.ask('isOver'), { what: 'the PBX to be told' });
  }],

  ['the hub dies, and the customer hangs up before the next one is there: the call ends there, and the next one works', async (story) => {
    const { operator, customer, mine, theirs, second } = await scene(story);
    const kept = [await operator.ask('snapshot', mine)];
    operator.page = operator.tab = second;
    await operator.dies();
    await customer.ask('hangUp', theirs);
    await operator.opensHub(second, kept);
    await operator.told('ended', { callId: mine });
    await story.nextCallWorks(customer, operator);
  }],

  ['neither report nor event tells the key to a call', async (story) => {
    const { operator, customer, mine, theirs, second } = await scene(story);
    await operator.takesSeat(second);
    const { leg: { dialog } } = await operator.ask('snapshot', mine);
    const said = JSON.stringify([await operator.reports(), await operator.events()]);
    for (const secret of [dialog.localTag, dialog.remoteTag]) assert.ok(!said.includes(secret), said);
    await story.goodbye(operator, mine, customer, theirs);
  }],
];
