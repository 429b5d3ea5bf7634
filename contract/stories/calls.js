// Calls are made, answered and refused.

import { expect, same } from '../expect.js';

/** Who answers by himself has by then. */
const TO_ANSWER_ITSELF_MS = 1000;

const METHODS = ['start', 'dial', 'answer', 'reject', 'hangUp', 'setMuted', 'setHeld', 'sendDtmf'];

export const calls = [
  ['it has every method that is not optional, and signs on', async (phone) => {
    for (const method of METHODS) expect(await phone.bench.has(method), `the softphone has no ${method}()`);
    const events = await phone.bench.events();
    expect(!events.some(({ callId }) => callId), `nobody has called, and it tells of a call: ${JSON.stringify(events)}`);
  }],

  ['an incoming call rings with the caller\'s number, waits for the operator, and is answered and hung up', async (phone) => {
    const call = await phone.rings();
    same((await phone.told('incoming', call)).number, phone.customer, 'the number of "incoming"');
    await phone.quiet(TO_ANSWER_ITSELF_MS);
    expect(!(await phone.has('connected', call)), '"connected" is told of a call that the operator has not answered');
    await phone.ask('answer', call);
    await phone.told('connected', call);
    await phone.ask('hangUp', call);
    same((await phone.told('ended', call)).cause.by, 'local', 'who has ended it');
  }],

  ['an outgoing call makes progress, connects when the far end answers, and ends when it hangs up', async (phone) => {
    const call = await phone.dials();
    await phone.told('progress', call);
    expect(!(await phone.has('connected', call)), '"connected" is told of a call that nobody has answered');
    await phone.farEnd.answer();
    await phone.told('connected', call);
    await phone.farEnd.hangUp();
    const { cause } = await phone.told('ended', call);
    same([cause.by, cause.status], ['remote', undefined], 'by whom it was ended, and its status');
  }],

  ['a refused call ends with the operator as the one who ended it', async (phone) => {
    const call = await phone.rings();
    await phone.ask('reject', call, 603);
    same((await phone.told('ended', call)).cause.by, 'local', 'who has ended it');
  }],

  ['a call that is refused as busy tells the caller 486', ['farEnd.ended'], async (phone) => {
    const call = await phone.rings();
    await phone.ask('reject', call, 486);
    await phone.told('ended', call);
    const { status } = await phone.until(() => phone.farEnd.ended(), 'the far end to hear that it was refused');
    same(status, 486, 'the status the far end is told');
  }],

  ['a caller who gives up ends the call with 487', async (phone) => {
    const call = await phone.rings();
    await phone.farEnd.hangUp();
    const { cause } = await phone.told('ended', call);
    same([cause.by, cause.status], ['remote', 487], 'by whom it was ended, and its status');
  }],

  ...[486, 603, 480].map((status) => [`a far end that answers ${status} ends the call with ${status}`, ['farEnd.decline'], async (phone) => {
    const call = await phone.dials();
    await phone.told('progress', call);
    await phone.farEnd.decline(status);
    const { cause } = await phone.told('ended', call);
    same([cause.by, cause.status], ['remote', status], 'by whom it was ended, and its status');
  }]),

  ['an outgoing call can be cancelled while it rings', async (phone) => {
    const call = await phone.dials();
    await phone.told('progress', call);
    await phone.ask('hangUp', call);
    const { cause } = await phone.told('ended', call);
    same(cause.by, 'local', 'who has ended it');
  }],

  ['an outgoing call that is cancelled at once never connects, and the next one rings', async (phone) => {
    const call = phone.names();
    await Promise.all([phone.ask('dial', call, phone.customer, {}), phone.ask('hangUp', call)]);
    same((await phone.told('ended', call)).cause.by, 'local', 'who has ended it');
    await phone.hangsUp(await phone.rings());
    expect(!(await phone.has('connected', call)), '"connected" is told of a call that was cancelled');
  }],

  ['after a call the next one rings under a name of its own, and is answered', async (phone) => {
    const names = [];
    for (let count = 0; count < 3; count++) {
      const call = await phone.rings();
      expect(!names.includes(call), `the name ${call} was another call's before`);
      names.push(call);
      await phone.ask('answer', call);
      await phone.told('connected', call);
      await phone.hangsUp(call);
    }
  }],

  ['DTMF tones arrive in the order they were dialled, none cut off, the same one twice as well', ['farEnd.digits'], async (phone) => {
    const call = await phone.talks();
    const tones = '1122#*0';
    await Promise.all([...tones].map((tone) => phone.ask('sendDtmf', call, tone)));
    await phone.until(async () => {
      const digits = await phone.farEnd.digits();
      expect(tones.startsWith(digits), `it has received ${digits}`);
      return digits === tones;
    }, `the far end to receive ${tones}`);
    await phone.hangsUp(call);
  }],
];
