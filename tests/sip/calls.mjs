// Stories of calls: made, answered, refused, held, muted, dialled in.

import assert from 'node:assert/strict';

import { until } from '../support/until.mjs';

/** In the page: how many pitches sound now, and how many have. */
function listenForSounds() {
  globalThis.sounding = globalThis.sounded = 0;
  const { start, stop } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function (...args) {
    sounding++;
    sounded++;
    return start.apply(this, args);
  };
  OscillatorNode.prototype.stop = function (...args) {
    sounding--;
    return stop.apply(this, args);
  };
}

export const calls = [
  ['a call rings with the caller\'s number and name, and the line that was called', async (story) => {
    const [operator, customer] = [await story.phone('operator'), await story.phone('customer', { displayName: 'Ann Other' })];
    const mine = await customer.dials(operator);
    const rung = await operator.rings();
    assert.deepEqual([rung.number, rung.displayName, rung.line], [customer.user, 'Ann Other', operator.user]);
    await customer.told('progress', { callId: mine });
    await customer.ask('hangUp', mine);
    assert.deepEqual((await operator.told('ended')).cause, { by: 'remote', status: 487 });
  }],

  ['the operator calls, the customer answers and hangs up', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    await operator.told('progress', { callId: mine });
    await story.goodbye(customer, theirs, operator, mine);
  }],

  ['the customer calls, the operator answers and hangs up', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [theirs, mine] = await story.talk(customer, operator);
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ...[486, 603, 480, 404].map((status) => [`a call refused with ${status} tells the caller ${status}`, async (story) => {
    const [operator, customer] = [await story.phone('operator', { decline: 603 }), await story.phone('customer')];
    const mine = await customer.dials(operator);
    await operator.ask('reject', (await operator.rings()).callId, status);
    assert.deepEqual((await operator.told('ended')).cause, { by: 'local' });
    assert.deepEqual((await customer.told('ended', { callId: mine })).cause, { by: 'remote', status });
    await story.nextCallWorks(customer, operator);
  }]),

  ['a number nobody has ends the call with 480', async (story) => {
    const operator = await story.phone('operator');
    const mine = await operator.dials('nobody-at-all');
    const { cause } = await operator.told('ended', { callId: mine });
    assert.deepEqual(cause, { by: 'remote', status: 480 });
  }],

  ['what is neither a number nor an address is not dialled, and says so', async (story) => {
    const operator = await story.phone('operator');
    const mine = await operator.dials('call me <maybe>');
    const { cause } = await operator.told('ended', { callId: mine });
    assert.deepEqual([cause.by, cause.code], ['error', 'BAD_NUMBER']);
  }],

  ['a number written with gaps reaches the one who has it', async (story) => {
    const operator = await story.phone('operator');
    const customer = await story.phone('customer', {}, { user: '+15550142' });
    const mine = await operator.dials('+1 (555) 01-42');
    await customer.rings();
    await operator.ask('hangUp', mine);
    assert.equal((await customer.told('ended')).cause.status, 487);
  }],

  ['a call the operator takes back no longer rings at the customer\'s', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const mine = await operator.dials(customer);
    await customer.rings();
    await operator.ask('hangUp', mine);
    assert.deepEqual((await operator.told('ended')).cause, { by: 'local' });
    assert.deepEqual((await customer.told('ended')).cause, { by: 'remote', status: 487 });
    await story.nextCallWorks(operator, customer);
  }],

  ['a call taken back at once never connects', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const mine = 'at-once';
    await operator.page.evaluate(([mine, number]) => {
      softphone.dial(mine, number, {});
      softphone.hangUp(mine);
    }, [mine, customer.user]);
    assert.deepEqual((await operator.told('ended', { callId: mine })).cause, { by: 'local' });
    await story.nextCallWorks(customer, operator);
  }],

  ['a call taken back in the moment it is answered leaves nobody talking to nobody', async (story) => {
    const link = await story.link();
    const [operator, customer] = [await story.phone('operator', {}, { link }), await story.phone('customer')];
    const mine = await operator.dials(customer);
    const { callId: theirs } = await customer.rings();
    await operator.told('progress');
    link.hold();
    await customer.ask('answer', theirs);
    await until(() => link.waiting > 0, { what: 'the answer to be under way' });
    await operator.ask('hangUp', mine);
    link.release();
    await Promise.all([operator.told('ended', { callId: mine }), customer.told('ended', { callId: theirs })]);
    await story.nextCallWorks(operator, customer);
  }],

  ['answered and hung up at once, the call ends once at both ends', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const mine = await customer.dials(operator);
    const { callId } = await operator.rings();
    await operator.page.evaluate((callId) => {
      softphone.answer(callId);
      softphone.answer(callId);
      softphone.hangUp(callId);
      softphone.hangUp(callId);
    }, callId);
    await Promise.all([operator.told('ended', { callId }), customer.told('ended', { callId: mine })]);
    await story.nextCallWorks(customer, operator);
  }],

  ['both hang up at once, and each is told once', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    await Promise.all([operator.ask('hangUp', mine), customer.ask('hangUp', theirs)]);
    await Promise.all([operator.told('ended', { callId: mine }), customer.told('ended', { callId: theirs })]);
    await story.nextCallWorks(customer, operator);
  }],

  ['whoever calls during a call hears that it is busy, and the call goes on', async (story) => {
    const [operator, customer, other] = [await story.phone('operator', { secondCall: 'reject' }), ...(await story.phones('customer', 'other'))];
    const [mine, theirs] = await story.talk(operator, customer);
    const third = await other.dials(operator);
    assert.deepEqual((await other.told('ended', { callId: third })).cause, { by: 'remote', status: 486 });
    await story.hear(operator, mine);
    await story.goodbye(customer, theirs, operator, mine);
    await story.nextCallWorks(other, operator);
  }],

  ['where a second call may ring, the operator holds the first and answers it', async (story) => {
    const [operator, customer, other] = [await story.phone('operator'), ...(await story.phones('customer', 'other'))];
    const [mine, theirs] = await story.talk(operator, customer);
    const third = await other.dials(operator);
    const { callId: second } = await operator.rings();
    await operator.ask('setHeld', mine, true);
    await operator.ask('answer', second);
    await Promise.all([story.hear(operator, second), story.hear(other, third)]);
    await customer.sound(theirs, { hears: false });
    await story.goodbye(operator, second, other, third);
    await operator.ask('setHeld', mine, false);
    await story.hear(operator, mine);
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['a call rings at two pages of one user; one answers, the other stops ringing', async (story) => {
    const customer = await story.phone('customer');
    const here = await story.phone('operator');
    const there = await story.phone('operator', {}, { user: here.user });
    const mine = await customer.dials(here);
    const [{ callId }] = [await here.rings(), await there.rings()];
    await here.ask('answer', callId);
    await story.hear(customer, mine);
    assert.equal((await there.told('ended')).cause.by, 'remote');
    await story.goodbye(customer, mine, here, callId);
  }],

  ['who speaks before answering is heard: early media', async (story) => {
    const operator = await story.phone('operator');
    const [mine, pbx] = await story.dialPbx(operator);
    await pbx.ask('speakEarly');
    await operator.told('progress', { callId: mine, earlyMedia: true });
    await operator.sound(mine, { hears: true });
    assert.equal((await operator.events()).some(({ type }) => type === 'connected'), false, 'it is not answered yet');
    await pbx.ask('accept');
    await operator.told('connected', { callId: mine });
    await story.hear(operator, mine);
    await story.leavePbx(operator, mine, pbx);
  }],

  ['an announcement heard before the call is refused ends with its status', async (story) => {
    const operator = await story.phone('operator');
    const [mine, pbx] = await story.dialPbx(operator);
    await pbx.ask('speakEarly');
    await operator.sound(mine, { hears: true });
    await pbx.ask('redirect', 404);
    assert.deepEqual((await operator.told('ended', { callId: mine })).cause, { by: 'remote', status: 404 });
  }],

  ['a call rings until it is answered, and softly during another; ours is heard ringing until it is answered', async (story) => {
    const [operator, customer, other] = await story.phones('operator', 'customer', 'other');
    await operator.page.evaluate(listenForSounds);
    const sounds = (count) => until(async () => (await operator.page.evaluate(() => sounding)) === count, { what: `${count} pitches to sound` });
    const theirs = await customer.dials(operator);
    const { callId } = await operator.rings();
    await sounds(2);
    await operator.ask('answer', callId);
    await operator.told('connected', { callId }); // else it still counts as the one that rings
    await sounds(0);
    const second = await other.dials(operator);
    const { callId: waits } = await operator.rings();
    await sounds(1);
    await operator.ask('reject', waits, 486);
    await sounds(0);
    await other.told('ended', { callId: second });
    await story.goodbye(operator, callId, customer, theirs);
    const mine = await operator.dials(customer);
    const { callId: rings } = await customer.rings();
    await sounds(1);
    await customer.ask('answer', rings);
    await sounds(0);
    await story.goodbye(operator, mine, customer, rings);
  }],

  ['nothing rings where that is not wanted', async (story) => {
    const [operator, customer] = [await story.phone('operator', { ringtone: false, ringback: false }), await story.phone('customer')];
    await operator.page.evaluate(listenForSounds);
    const theirs = await customer.dials(operator);
    await operator.rings();
    await customer.ask('hangUp', theirs);
    await operator.told('ended');
    const mine = await operator.dials(customer);
    await operator.told('progress', { callId: mine });
    await operator.ask('hangUp', mine);
    await operator.told('ended', { callId: mine });
    assert.equal(await operator.page.evaluate(() => sounded), 0);
  }],

  ['a menu that speaks before the answer hears the tones it asks for', async (story) => {
    const operator = await story.phone('operator');
    const [mine, pbx] = await story.dialPbx(operator, { ear: true });
    await pbx.ask('speakEarly');
    await operator.told('progress', { callId: mine, earlyMedia: true });
    await operator.sound(mine, { hears: true });
    for (const tone of '15#') await operator.ask('sendDtmf', mine, tone);
    await until(async () => (await pbx.digits()) === '15#', { what: 'the three tones' });
    await operator.ask('hangUp', mine);
    await operator.told('ended', { callId: mine });
  }],

  ['a microphone that goes in mid-call is replaced, and the customer hears the other one', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    const microphone = () => operator.page.evaluate((call) => softphone.peerConnection(call).getSenders()[0].track.id, mine);
    const before = await microphone();
    // No flag unplugs Chromium's own device: what the browser would say is said in its place.
    await operator.page.evaluate((call) => {
      const { track } = softphone.peerConnection(call).getSenders()[0];
      track.stop();
      track.dispatchEvent(new Event('ended'));
    }, mine);
    await until(async () => (await microphone()) !== before, { what: 'another microphone' });
    await story.hear(customer, theirs);
    await operator.page.evaluate((call) => softphone.peerConnection(call).getSenders()[0].track.dispatchEvent(new Event('mute')), mine);
    await until(async () => (await operator.reports()).some(({ code }) => code === 'MICROPHONE_SILENT'), { what: 'the silence to be told' });
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['on hold the customer is told and hears nothing; taken back, both are heard', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    await operator.ask('setHeld', mine, true);
    await operator.told('held', { callId: mine, held: true, by: 'local' });
    await customer.told('held', { callId: theirs, held: true, by: 'remote' });
    await customer.sound(theirs, { speaks: false, hears: false });
    await operator.ask('setHeld', mine, false);
    await customer.told('held', { callId: theirs, held: false, by: 'remote' });
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['held by the customer, the operator is told; and may hang up all the same', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    await customer.ask('setHeld', theirs, true);
    await operator.told('held', { callId: mine, held: true, by: 'remote' });
    await operator.sound(mine, { hears: false });
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['both hold, one after the other takes it back, and both are heard again', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    await operator.ask('setHeld', mine, true);
    await customer.ask('setHeld', theirs, true);
    await operator.told('held', { held: true, by: 'remote' });
    await operator.ask('setHeld', mine, false);
    await operator.sound(mine, { hears: false }); // the customer still holds
    await customer.ask('setHeld', theirs, false);
    await operator.told('held', { held: false, by: 'remote' });
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(customer, theirs, operator, mine);
  }],

  ['both hold at the same moment, and both holds come about', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    await Promise.all([operator.ask('setHeld', mine, true), customer.ask('setHeld', theirs, true)]);
    await Promise.all([operator.told('held', { held: true, by: 'remote' }), customer.told('held', { held: true, by: 'remote' })]);
    await Promise.all([operator.ask('setHeld', mine, false), customer.ask('setHeld', theirs, false)]);
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(customer, theirs, operator, mine);
  }],

  ['asked for an offer by a PBX, the operator makes one, and both are heard; a hold works after it', async (story) => {
    const operator = await story.phone('operator');
    const [mine, pbx] = await story.talkToPbx(operator);
    await pbx.ask('asksForOffer');
    await story.hear(operator, mine);
    await operator.ask('setHeld', mine, true);
    await operator.told('held', { callId: mine, held: true, by: 'local' });
    await operator.ask('setHeld', mine, false);
    await story.hear(operator, mine);
    await story.leavePbx(operator, mine, pbx);
  }],

  ['hold asked for ten times ends as it was asked for last', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    await operator.page.evaluate((call) => Promise.all(Array.from({ length: 10 }, (_, i) => softphone.setHeld(call, i % 2 === 0))), mine);
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['muted, the customer hears silence; the mute outlives a hold', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    await operator.ask('setMuted', mine, true);
    await operator.told('muted', { callId: mine, muted: true });
    await customer.sound(theirs, { speaks: true, hears: false });
    await operator.ask('setHeld', mine, true);
    await operator.ask('setHeld', mine, false);
    await operator.sound(mine, { speaks: false, hears: true });
    await operator.ask('setMuted', mine, false);
    await story.hear(customer, theirs);
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['another microphone in a muted call is muted too, and heard when the mute is taken off', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    await operator.ask('setMuted', mine, true);
    const before = await operator.page.evaluate((call) => softphone.peerConnection(call).getSenders()[0].track.id, mine);
    await operator.ask('useMicrophone', 'default');
    const after = await operator.page.evaluate((call) => {
      const { id, enabled } = softphone.peerConnection(call).getSenders()[0].track;
      return { id, enabled };
    }, mine);
    assert.notEqual(after.id, before, 'it is another track');
    assert.equal(after.enabled, false, 'as muted as the one before');
    await customer.sound(theirs, { hears: false });
    await operator.ask('setMuted', mine, false);
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['every tone arrives as a telephone event, in order', async (story) => {
    const [operator, customer] = [await story.phone('operator'), await story.phone('customer', {}, { ear: true })];
    const [mine, theirs] = await story.talk(operator, customer);
    for (const tone of '0123456789*#') await operator.ask('sendDtmf', mine, tone);
    await until(async () => (await customer.digits()) === '0123456789*#', { what: 'the twelve tones' });
    assert.deepEqual(await customer.page.evaluate(() => [...toneRates]), [48_000], 'by the clock of the codec, which is Opus');
    await story.hear(customer, theirs);
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ...[['no telephone events', []], ['telephone events of another clock than the codec\'s only', [8000]]].map(([what, eventsAt]) => [
    `to a far end that takes ${what}, tones go by SIP INFO, in order`, async (story) => {
      const operator = await story.phone('operator');
      const [mine, pbx] = await story.talkToPbx(operator, { eventsAt });
      await operator.page.evaluate((call) => Promise.all([...'42#*'].map((tone) => softphone.sendDtmf(call, tone))), mine);
      assert.equal(await pbx.ask('heardInfos'), '42#*');
      await story.leavePbx(operator, mine, pbx);
    }]),

  ['where nothing but RTP events is wanted, they go by the clock there is', async (story) => {
    const operator = await story.phone('operator', { dtmf: 'rtp' });
    const [mine, pbx] = await story.dialPbx(operator, { ear: true });
    await pbx.ask('accept', { eventsAt: [8000] });
    await operator.told('connected', { callId: mine });
    await operator.sound(mine, { speaks: true });
    for (const tone of '42#') await operator.ask('sendDtmf', mine, tone);
    await until(async () => (await pbx.digits()) === '42#', { what: 'the three tones' });
    await story.leavePbx(operator, mine, pbx);
  }],
];
