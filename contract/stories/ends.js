// Each call ends once, at once, and at both ends.

import { expect, same, Skipped } from '../expect.js';
import { word } from '../rules.js';

const forACall = [['answer'], ['reject', 603], ['hangUp'], ['setMuted', true], ['setHeld', true], ['sendDtmf', '5']];

const doNothing = (phone, call) =>
  phone.tellsNothing(async () => {
    for (const [method, ...args] of forACall) {
      await phone.ask(method, call, ...args).catch((error) => {
        throw new Error(`${method}() has nothing to do for a call that is over or unknown, and throws: ${error.message}`);
      });
    }
  });

export const ends = [
  ['hanging up is told at once, whatever the network does', async (phone) => {
    const call = await phone.talks();
    const asked = phone.ask('hangUp', call);
    await phone.toldAtOnce('ended', call);
    await asked;
  }],

  ['the far end hears that it was hung up on', ['farEnd.ended'], async (phone) => {
    await phone.hangsUp(await phone.talks());
    await phone.until(() => phone.farEnd.ended(), 'the far end to hear of the end');
  }],

  ['a call that is cancelled while it rings no longer rings at the far end', ['farEnd.ended'], async (phone) => {
    const call = await phone.dials();
    await phone.told('progress', call);
    await phone.hangsUp(call);
    await phone.until(() => phone.farEnd.ended(), 'the far end to hear of the end');
  }],

  ['a call held, muted and hung up by the customer leaves nothing behind', async (phone) => {
    const call = await phone.talks();
    await phone.ask('setHeld', call, true);
    await phone.ask('setMuted', call, true);
    await phone.farEnd.hangUp();
    await phone.told('ended', call);
  }],

  ['methods for a call that is over do nothing', async (phone) => {
    const call = await phone.talks();
    await phone.hangsUp(call);
    await doNothing(phone, call);
  }],

  ['methods for a call that nobody has heard of do nothing', (phone) => doNothing(phone, 'nobody-knows')],

  ['who answers a caller that has given up answers nobody', async (phone) => {
    const call = await phone.rings();
    await phone.farEnd.hangUp();
    await phone.told('ended', call);
    await doNothing(phone, call);
    await phone.leavesNothingOpen();
  }],

  ['the caller gives up in the moment of the answer: the call ends once', async (phone) => {
    const call = await phone.rings();
    // Whether the answer comes first or fails is the network's to say.
    await Promise.all([phone.ask('answer', call).catch(() => {}), phone.farEnd.hangUp()]);
    await phone.told('ended', call);
  }],

  ['hanging up twice, or while answering, ends the call once', async (phone) => {
    const call = await phone.rings();
    await Promise.all([phone.ask('answer', call).catch(() => {}), phone.ask('hangUp', call), phone.ask('hangUp', call)]);
    await phone.told('ended', call);
  }],

  ['a call without a microphone ends as an error, with a word for it', ['bench.refuseMicrophone'], async (phone) => {
    await phone.bench.refuseMicrophone();
    const call = await phone.rings();
    const refusal = await phone.ask('answer', call).then(() => undefined, (error) => error);
    const outcome = async () => (refusal ? 'refused' : (await phone.has('ended', call)) || (await phone.has('connected', call)));
    await phone.until(outcome, 'the answer to fail');
    if (!(await phone.bench.microphonesAsked())) {
      await phone.hangsUp(call);
      throw new Skipped('the softphone asks for no microphone when it answers');
    }
    expect(!(await phone.has('connected', call)), 'the call is connected, and the customer hears nobody');
    if (refusal) {
      expect(word(refusal.code), `answer() rejects with the code ${JSON.stringify(refusal.code)}: a word in capitals is wanted`);
      return phone.hangsUp(call);
    }
    const { cause } = await phone.told('ended', call);
    same(cause.by, 'error', 'by whom it was ended');
    expect(word(cause.code), `the code of its end is ${JSON.stringify(cause.code)}: a word in capitals is wanted`);
  }],

  ['there is no connection of a call that is over', ['softphone.peerConnection'], async (phone) => {
    const call = await phone.talks();
    await phone.hangsUp(call);
    expect(!(await phone.bench.audio(call)), 'peerConnection(callId) still gives the connection of a call that is over');
  }],
];
