// What every softphone adapter owes the worker (`www/softphone.d.ts`), as one suite. An adapter is
// tested through a bench that opens it in a real page:
//
//     open(): Promise<{
//       ask(method, ...args)    calls the softphone; resolves when its promise does
//       events()                what it has emitted, oldest first
//       farEnd                  { call(number), answer(), decline(status), hangUp(), digits() }
//       audio(callId)           { sent, received: { packets, energy } }, undefined without media
//       live()                  RTCPeerConnections that are not closed
//       close()
//     }>

import assert from 'node:assert/strict';

import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

const CUSTOMER = '+15550199';

export function contract(adapter, open) {
  const story = (name, tell) =>
    test(`${adapter}: ${name}`, async () => {
      const phone = new Phone(await open());
      try {
        await phone.told('registered');
        await tell(phone);
        await phone.endsClean();
      } finally {
        await phone.bench.close();
      }
    });

  story('an incoming call rings, is answered, and both sides hear each other', async (phone) => {
    const call = await phone.rings();
    assert.equal((await phone.told('incoming')).number, CUSTOMER);
    await phone.ask('answer', call);
    await phone.told('connected', call);
    await phone.sound(call, { speaks: true, hears: true });
    await phone.ask('hangUp', call);
    assert.equal((await phone.told('ended', call)).cause.by, 'local');
  });

  story('an outgoing call makes progress, is answered, and both sides hear each other', async (phone) => {
    const call = await phone.dials();
    await phone.told('progress', call);
    await phone.farEnd.answer();
    await phone.told('connected', call);
    await phone.sound(call, { speaks: true, hears: true });
    await phone.farEnd.hangUp();
    const { cause } = await phone.told('ended', call);
    assert.deepEqual([cause.by, cause.status], ['remote', undefined], 'an answered call ends without a status');
  });

  story('a refused call ends with the operator as the one who ended it', async (phone) => {
    const call = await phone.rings();
    await phone.ask('reject', call, 603);
    assert.equal((await phone.told('ended', call)).cause.by, 'local');
  });

  story('a caller who gives up ends the call with 487', async (phone) => {
    const call = await phone.rings();
    await phone.farEnd.hangUp();
    const { cause } = await phone.told('ended', call);
    assert.deepEqual([cause.by, cause.status], ['remote', 487]);
  });

  for (const status of [486, 603, 480]) {
    story(`a far end that answers ${status} ends the call with ${status}`, async (phone) => {
      const call = await phone.dials();
      await phone.told('progress', call);
      await phone.farEnd.decline(status);
      const { cause } = await phone.told('ended', call);
      assert.deepEqual([cause.by, cause.status], ['remote', status]);
    });
  }

  story('an outgoing call can be cancelled while it rings', async (phone) => {
    const call = await phone.dials();
    await phone.told('progress', call);
    await phone.ask('hangUp', call);
    assert.equal((await phone.told('ended', call)).cause.by, 'local');
  });

  story('on hold nothing is heard either way; taken back, everything is', async (phone) => {
    const call = await phone.talks();
    await phone.ask('setHeld', call, true);
    const held = await phone.told('held', call);
    assert.deepEqual([held.held, held.by], [true, 'local']);
    await phone.sound(call, { speaks: false, hears: false });
    await phone.ask('setHeld', call, false);
    await phone.sound(call, { speaks: true, hears: true });
    await phone.ask('hangUp', call);
  });

  story('muted, the customer hears silence and the operator still hears her', async (phone) => {
    const call = await phone.talks();
    await phone.ask('setMuted', call, true);
    assert.equal((await phone.told('muted', call)).muted, true);
    await phone.sound(call, { speaks: false, hears: true });
    await phone.ask('setMuted', call, false);
    await phone.sound(call, { speaks: true, hears: true });
    await phone.ask('hangUp', call);
  });

  story('DTMF tones arrive in the order they were dialled, none cut off', async (phone) => {
    const call = await phone.talks();
    for (const tone of '12#*0') await phone.ask('sendDtmf', call, tone);
    await until(async () => (await phone.farEnd.digits()) === '12#*0', { what: 'the far end to receive 12#*0' });
    await phone.ask('hangUp', call);
  });

  story('a call held, muted and hung up by the customer leaves nothing behind', async (phone) => {
    const call = await phone.talks();
    await phone.ask('setHeld', call, true);
    await phone.ask('setMuted', call, true);
    await phone.farEnd.hangUp();
    await phone.told('ended', call);
  });

  story('methods for a call that is over do nothing', async (phone) => {
    const call = await phone.talks();
    await phone.ask('hangUp', call);
    await phone.told('ended', call);
    const count = (await phone.bench.events()).length;
    for (const [method, ...args] of [
      ['answer'], ['reject', 603], ['hangUp'], ['setMuted', true], ['setHeld', true], ['sendDtmf', '5'],
    ]) {
      await phone.ask(method, call, ...args);
    }
    assert.equal((await phone.bench.events()).length, count, 'nothing more is told');
  });

  story('hanging up twice, or while answering, ends the call once', async (phone) => {
    const call = await phone.rings();
    await Promise.all([phone.ask('answer', call), phone.ask('hangUp', call), phone.ask('hangUp', call)]);
    await phone.told('ended', call);
  });

  story('after a call the next one rings and is heard', async (phone) => {
    await phone.ask('hangUp', await phone.talks());
    await phone.bench.events();
    const next = await phone.talks();
    await phone.sound(next, { speaks: true, hears: true });
    await phone.ask('hangUp', next);
  });
}

/** What counts as silence: far less than either side's sound, in energy a second. */
const SILENCE = 1e-4;

class Phone {
  constructor(bench) {
    this.bench = bench;
    this.farEnd = bench.farEnd;
  }

  ask(...args) {
    return this.bench.ask(...args);
  }

  /** The newest event of this type (and call), once there is one. */
  told(type, callId) {
    const wanted = (event) => event.type === type && (!callId || event.callId === callId);
    return until(async () => (await this.bench.events()).findLast(wanted), { what: `the softphone to tell "${type}"` });
  }

  async rings() {
    const before = (await this.bench.events()).filter(({ type }) => type === 'incoming').length;
    await this.farEnd.call(CUSTOMER);
    const rung = await until(
      async () => (await this.bench.events()).filter(({ type }) => type === 'incoming')[before],
      { what: 'the softphone to ring' },
    );
    return rung.callId;
  }

  async dials() {
    const call = `worker-${Math.random().toString(36).slice(2)}`;
    await this.ask('dial', call, CUSTOMER, {});
    return call;
  }

  async talks() {
    const call = await this.rings();
    await this.ask('answer', call);
    await this.told('connected', call);
    await this.sound(call, { speaks: true, hears: true });
    return call;
  }

  /** Until sound flows as wanted, by getStats of the operator's end. */
  sound(call, wanted) {
    return until(
      async () => {
        const from = await this.bench.audio(call);
        const started = performance.now();
        const to = await until(async () => performance.now() - started > 300 && this.bench.audio(call), { what: '300 ms of audio' });
        const flows = (way) => to[way].packets > from[way].packets && to[way].energy - from[way].energy > SILENCE;
        const is = { speaks: flows('sent'), hears: flows('received') };
        if (is.speaks === wanted.speaks && is.hears === wanted.hears) return true;
        throw new Error(`${JSON.stringify({ from, to })}`);
      },
      { what: `sound to be ${JSON.stringify(wanted)}` },
    );
  }

  /** Each call has ended exactly once, and no connection is left. */
  async endsClean() {
    await until(async () => (await this.bench.live()) === 0, { what: 'every RTCPeerConnection to be closed' });
    const events = await this.bench.events();
    const calls = new Set(events.filter(({ callId }) => callId).map(({ callId }) => callId));
    for (const call of calls) {
      const own = events.filter(({ callId }) => callId === call);
      assert.equal(own.filter(({ type }) => type === 'ended').length, 1, `${call} ends once`);
      assert.equal(own.at(-1).type, 'ended', `nothing is told of ${call} after its end`);
    }
  }
}
