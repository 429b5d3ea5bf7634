// Stories of transfers: the operator's, and those that happen to a call.

import assert from 'node:assert/strict';

import { until } from '../support/until.mjs';

/** The operator talks to the customer. */
async function scene(story) {
  const [operator, customer, colleague] = await story.phones('operator', 'customer', 'colleague');
  const [mine, theirs] = await story.talk(operator, customer);
  return { operator, customer, colleague, mine, theirs };
}

/** Asks for a transfer without waiting for its outcome, which `settled` tells. */
async function begin(phone, method, ...args) {
  await phone.page.evaluate(([method, args]) => {
    globalThis.outcome = softphone[method](...args).then(() => 'done', (error) => error.code ?? error.message);
  }, [method, args]);
  return () => phone.page.evaluate(() => outcome);
}

export const transfers = [
  ['a blind transfer: the customer talks to the colleague, and the operator is free', async (story) => {
    const { operator, customer, colleague, mine, theirs } = await scene(story);
    const settled = await begin(operator, 'transfer', mine, colleague.user);
    const { callId: passed, number, transferredBy } = await colleague.rings();
    assert.equal(number, customer.user, 'the colleague sees who is coming');
    assert.equal(transferredBy, operator.user, 'and who sends her');
    await colleague.ask('answer', passed);
    assert.equal(await settled(), 'done');
    assert.deepEqual((await operator.told('ended', { callId: mine })).cause, { by: 'local', code: 'TRANSFERRED' });
    assert.equal((await customer.told('transferred', { callId: theirs })).number, colleague.user);
    await Promise.all([story.hear(customer, theirs), story.hear(colleague, passed)]);
    await story.goodbye(customer, theirs, colleague, passed);
    await story.nextCallWorks(customer, operator);
  }],

  ['a held call is transferred, and nobody holds it any longer', async (story) => {
    const { operator, customer, colleague, mine, theirs } = await scene(story);
    await operator.ask('setHeld', mine, true);
    await customer.told('held', { held: true, by: 'remote' });
    const settled = await begin(operator, 'transfer', mine, colleague.user);
    const { callId: passed } = await colleague.rings();
    await colleague.ask('answer', passed);
    assert.equal(await settled(), 'done');
    await customer.told('held', { callId: theirs, held: false, by: 'remote' });
    await Promise.all([story.hear(customer, theirs), story.hear(colleague, passed)]);
    await story.goodbye(colleague, passed, customer, theirs);
  }],

  ['a transfer to somebody who is not there fails, and the call goes on', async (story) => {
    const { operator, customer, mine, theirs } = await scene(story);
    const settled = await begin(operator, 'transfer', mine, 'nobody-at-all');
    assert.equal(await settled(), 'TRANSFER');
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['a transfer the colleague declines fails, and the call goes on', async (story) => {
    const { operator, customer, colleague, mine, theirs } = await scene(story);
    const settled = await begin(operator, 'transfer', mine, colleague.user);
    await colleague.ask('reject', (await colleague.rings()).callId, 603);
    assert.equal(await settled(), 'TRANSFER');
    await story.hear(operator, mine);
    // and may be tried again
    const again = await begin(operator, 'transfer', mine, colleague.user);
    const { callId: passed } = await colleague.rings();
    await colleague.ask('answer', passed);
    assert.equal(await again(), 'done');
    await story.hear(customer, theirs);
    await story.goodbye(customer, theirs, colleague, passed);
  }],

  ['a transfer is refused where the far end follows none, and the call goes on', async (story) => {
    const [operator, colleague] = await story.phones('operator', 'colleague');
    const customer = await story.phone('customer', { followTransfers: false });
    const [mine, theirs] = await story.talk(operator, customer);
    const settled = await begin(operator, 'transfer', mine, colleague.user);
    assert.equal(await settled(), 'TRANSFER');
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(customer, theirs, operator, mine);
  }],

  ['the customer gives up while the colleague is rung, and everybody is free', async (story) => {
    const { operator, customer, colleague, mine, theirs } = await scene(story);
    const settled = await begin(operator, 'transfer', mine, colleague.user);
    await colleague.rings();
    await customer.ask('hangUp', theirs);
    await Promise.all([operator.told('ended', { callId: mine }), colleague.told('ended')]);
    await settled();
    await story.nextCallWorks(colleague, operator);
  }],

  ['the customer gives up while the colleague is rung, and hears no more of the server: no microphone stays open for that', async (story) => {
    const link = await story.link();
    const [[operator, colleague], customer] = await Promise.all([story.phones('operator', 'colleague'), story.phone('customer', {}, { link })]);
    const [mine, theirs] = await story.talk(operator, customer);
    const settled = await begin(operator, 'transfer', mine, colleague.user);
    await colleague.rings();
    link.hold();
    await customer.ask('hangUp', theirs);
    await until(async () => (await customer.live()) === 0, { what: 'the customer\'s connections to be closed' });
    link.release();
    await Promise.all([operator.told('ended', { callId: mine }), colleague.told('ended')]);
    await settled();
  }],

  ['the operator hangs up while the colleague is rung: the customer still gets through', async (story) => {
    const { operator, customer, colleague, mine, theirs } = await scene(story);
    await begin(operator, 'transfer', mine, colleague.user);
    const { callId: passed } = await colleague.rings();
    await operator.ask('hangUp', mine);
    await operator.told('ended', { callId: mine });
    await colleague.ask('answer', passed);
    await customer.told('transferred', { callId: theirs });
    await story.hear(customer, theirs);
    await story.goodbye(colleague, passed, customer, theirs);
  }],

  ['muted when transferred, the customer is still muted', async (story) => {
    const { operator, customer, colleague, mine, theirs } = await scene(story);
    await customer.ask('setMuted', theirs, true);
    const settled = await begin(operator, 'transfer', mine, colleague.user);
    const { callId: passed } = await colleague.rings();
    await colleague.ask('answer', passed);
    assert.equal(await settled(), 'done');
    await customer.told('transferred');
    await colleague.sound(passed, { speaks: true, hears: false });
    await customer.ask('setMuted', theirs, false);
    await story.hear(colleague, passed);
    await story.goodbye(customer, theirs, colleague, passed);
  }],

  ['an attended transfer: the operator asks the colleague, then joins the two', async (story) => {
    const { operator, customer, colleague, mine, theirs } = await scene(story);
    await operator.ask('setHeld', mine, true);
    const asking = await operator.dials(colleague, { consultationFor: mine });
    const { callId: asked } = await colleague.rings();
    await colleague.ask('answer', asked);
    await story.hear(operator, asking);
    await operator.ask('completeTransfer', mine, asking);
    for (const callId of [mine, asking]) {
      assert.deepEqual((await operator.told('ended', { callId })).cause, { by: 'local', code: 'TRANSFERRED' });
    }
    assert.equal((await customer.told('transferred', { callId: theirs })).number, colleague.user);
    assert.equal((await colleague.told('transferred', { callId: asked })).number, customer.user, 'the colleague\'s call goes on with the customer');
    await Promise.all([story.hear(customer, theirs), story.hear(colleague, asked)]);
    await story.goodbye(colleague, asked, customer, theirs);
    await story.nextCallWorks(customer, operator);
  }],

  ['the colleague had called the operator: the two are joined all the same', async (story) => {
    const [customer, colleague] = await story.phones('customer', 'colleague');
    const operator = await story.phone('operator');
    const [mine, theirs] = await story.talk(operator, customer);
    await operator.ask('setHeld', mine, true);
    const asked = await colleague.dials(operator);
    const { callId: asking } = await operator.rings();
    await operator.ask('answer', asking);
    await story.hear(operator, asking);
    await operator.ask('completeTransfer', mine, asking);
    await Promise.all([customer.told('transferred', { callId: theirs }), colleague.told('transferred', { callId: asked })]);
    await Promise.all([story.hear(customer, theirs), story.hear(colleague, asked)]);
    await story.goodbye(customer, theirs, colleague, asked);
  }],

  ['the operator asks the colleague, who does not want the call, and returns to the customer', async (story) => {
    const { operator, customer, colleague, mine, theirs } = await scene(story);
    await operator.ask('setHeld', mine, true);
    const asking = await operator.dials(colleague, { consultationFor: mine });
    const { callId: asked } = await colleague.rings();
    await colleague.ask('answer', asked);
    await story.hear(operator, asking);
    await story.goodbye(colleague, asked, operator, asking);
    await operator.ask('setHeld', mine, false);
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['two calls of which one is not answered can\'t be joined, and both go on', async (story) => {
    const { operator, customer, colleague, mine, theirs } = await scene(story);
    const asking = await operator.dials(colleague, { consultationFor: mine });
    await colleague.rings();
    const settled = await begin(operator, 'completeTransfer', mine, asking);
    assert.equal(await settled(), 'NOT_CONNECTED');
    await operator.ask('hangUp', asking);
    await story.hear(operator, mine);
    await story.goodbye(customer, theirs, operator, mine);
  }],

  ['a call that was transferred to us can be held, and transferred on', async (story) => {
    const { operator, customer, colleague, mine, theirs } = await scene(story);
    const settled = await begin(operator, 'transfer', mine, colleague.user);
    const { callId: passed } = await colleague.rings();
    await colleague.ask('answer', passed);
    assert.equal(await settled(), 'done');
    await customer.told('transferred');
    await customer.ask('setHeld', theirs, true);
    await colleague.told('held', { callId: passed, held: true, by: 'remote' });
    await customer.ask('setHeld', theirs, false);
    await story.hear(colleague, passed);
    const back = await begin(colleague, 'transfer', passed, operator.user);
    const { callId: returned } = await operator.rings();
    await operator.ask('answer', returned);
    assert.equal(await back(), 'done');
    await Promise.all([story.hear(customer, theirs), story.hear(operator, returned)]);
    await story.goodbye(operator, returned, customer, theirs);
  }],
];
