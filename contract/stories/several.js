// Two calls at once: what is asked for one leaves the other alone.

import { expect } from '../expect.js';

const BOTH = { speaks: true, hears: true };
const NOTHING = { speaks: false, hears: false };

export const several = [
  ['a second call rings during the first; refused, it leaves the first alone', async (phone) => {
    const first = await phone.talks();
    const second = await phone.rings();
    expect(second !== first, 'both calls have one name');
    await phone.ask('reject', second, 486);
    await phone.told('ended', second);
    expect(!(await phone.has('ended', first)), 'the first call has ended with the second');
    await phone.sound(first, BOTH);
    await phone.hangsUp(first);
  }],

  ['with the first on hold the second is answered; hung up, it leaves the first to be taken back', async (phone) => {
    const first = await phone.talks();
    await phone.ask('setHeld', first, true);
    const second = await phone.rings();
    await phone.answers(second);
    await phone.sound(first, NOTHING);
    await phone.hangsUp(second);
    expect(!(await phone.has('ended', first)), 'the first call has ended with the second');
    await phone.ask('setHeld', first, false);
    await phone.told('held', first, { held: false });
    await phone.sound(first, BOTH);
    await phone.hangsUp(first);
  }],

  ['the first call is hung up while the second rings, which is then answered', async (phone) => {
    const first = await phone.talks();
    const second = await phone.rings();
    await phone.hangsUp(first);
    expect(!(await phone.has('ended', second)), 'the second call has ended with the first');
    await phone.answers(second);
    await phone.hangsUp(second);
  }],

  ['a mute is of its call alone', async (phone) => {
    const first = await phone.talks();
    await phone.ask('setMuted', first, true);
    await phone.ask('setHeld', first, true);
    const second = await phone.rings();
    await phone.answers(second);
    expect(!(await phone.has('muted', second)), 'the second call is told as muted with the first');
    await phone.hangsUp(second);
    await phone.ask('setHeld', first, false);
    await phone.sound(first, { speaks: false, hears: true });
    await phone.hangsUp(first);
  }],
];
