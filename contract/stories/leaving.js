// The page is left, or another one takes over.

import { expect, same } from '../expect.js';
import { isJson } from '../rules.js';

export const leaving = [
  ['stopped, it lets go of everything, ends its calls, and is silent for good', ['softphone.stop'], async (phone) => {
    const call = await phone.talks();
    const kept = (await phone.bench.has('takeUp')) && (await phone.bench.has('snapshot')) && (await phone.ask('snapshot', call));
    await phone.ask('stop');
    await phone.leavesNothingOpen();
    if (kept) phone.left.add(call);
    else await phone.told('ended', call);
    await phone.tellsNothing(async () => {
      try {
        await phone.farEnd.call(phone.customer);
      } catch {
        // Nobody is there to be called.
      }
    });
  }],

  ['stopped, it hangs up on the far end', ['softphone.stop', 'farEnd.ended'], async (phone) => {
    const call = await phone.rings();
    await phone.ask('stop');
    await phone.told('ended', call);
    await phone.until(() => phone.farEnd.ended(), 'the far end to hear of the end');
  }],

  ['a snapshot is of a call that is up, names it, and is JSON', ['softphone.snapshot'], async (phone) => {
    expect(!(await phone.ask('snapshot', 'nobody-knows')), 'there is a snapshot of a call that nobody has heard of');
    const call = await phone.talks();
    const snapshot = await phone.ask('snapshot', call);
    if (snapshot) {
      same(snapshot.callId, call, 'the name of the call in its snapshot');
      expect(isJson(snapshot), 'the snapshot has something in it that JSON has not');
    }
    await phone.hangsUp(call);
    expect(!(await phone.ask('snapshot', call)), 'there is a snapshot of a call that is over');
  }],
];
