// Who is heard, by the statistics of the operator's end.

import { same } from '../expect.js';

const BOTH = { speaks: true, hears: true };
const NOTHING = { speaks: false, hears: false };
const MUTED = { speaks: false, hears: true };
const AUDIBLE = ['softphone.peerConnection'];

export const sound = [
  ['in an incoming call both sides hear each other', AUDIBLE, async (phone) => {
    await phone.hangsUp(await phone.talks());
  }],

  ['in an outgoing call both sides hear each other', AUDIBLE, async (phone) => {
    const call = await phone.dials();
    await phone.told('progress', call);
    await phone.farEnd.answer();
    await phone.told('connected', call);
    await phone.sound(call, BOTH);
    await phone.hangsUp(call);
  }],

  ['a hold is told as the operator\'s, and so is that it is over', async (phone) => {
    const call = await phone.talks();
    for (const held of [true, false]) {
      await phone.ask('setHeld', call, held);
      await phone.told('held', call, { held, by: 'local' });
    }
    await phone.hangsUp(call);
  }],

  ['on hold nothing is heard either way; taken back, everything is', AUDIBLE, async (phone) => {
    const call = await phone.talks();
    await phone.ask('setHeld', call, true);
    await phone.sound(call, NOTHING);
    await phone.ask('setHeld', call, false);
    await phone.sound(call, BOTH);
    await phone.hangsUp(call);
  }],

  ['a mute is told, and so is that it is over', async (phone) => {
    const call = await phone.talks();
    for (const muted of [true, false]) {
      await phone.ask('setMuted', call, muted);
      await phone.told('muted', call, { muted });
    }
    await phone.hangsUp(call);
  }],

  ['muted, the customer hears silence and the operator still hears the customer', AUDIBLE, async (phone) => {
    const call = await phone.talks();
    await phone.ask('setMuted', call, true);
    await phone.sound(call, MUTED);
    await phone.ask('setMuted', call, false);
    await phone.sound(call, BOTH);
    await phone.hangsUp(call);
  }],

  ['muted, held and taken back, the call is still muted', AUDIBLE, async (phone) => {
    const call = await phone.talks();
    await phone.ask('setMuted', call, true);
    await phone.ask('setHeld', call, true);
    await phone.sound(call, NOTHING);
    await phone.ask('setHeld', call, false);
    await phone.sound(call, MUTED);
    same((await phone.told('muted', call)).muted, true, 'what was told of the mute last');
    await phone.ask('setMuted', call, false);
    await phone.sound(call, BOTH);
    await phone.hangsUp(call);
  }],

  ['unmuted on hold, the operator is heard once the call is taken back', AUDIBLE, async (phone) => {
    const call = await phone.talks();
    await phone.ask('setMuted', call, true);
    await phone.ask('setHeld', call, true);
    await phone.ask('setMuted', call, false);
    await phone.sound(call, NOTHING);
    await phone.ask('setHeld', call, false);
    await phone.sound(call, BOTH);
    await phone.hangsUp(call);
  }],

  ['asked for twice, a mute is a mute and a hold a hold', AUDIBLE, async (phone) => {
    const call = await phone.talks();
    for (let count = 0; count < 2; count++) await phone.ask('setMuted', call, true);
    await phone.told('muted', call, { muted: true });
    await phone.sound(call, MUTED);
    for (let count = 0; count < 2; count++) await phone.ask('setHeld', call, true);
    await phone.told('held', call, { held: true });
    await phone.sound(call, NOTHING);
    await phone.hangsUp(call);
  }],

  ['a hold of the far end is told as the far end\'s', ['farEnd.hold'], async (phone) => {
    const call = await phone.talks();
    for (const held of [true, false]) {
      await phone.farEnd.hold(held);
      await phone.told('held', call, { held, by: 'remote' });
    }
    await phone.hangsUp(call);
  }],
];
