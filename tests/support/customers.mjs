// Who the operator talks with: customers on a real SIP server, or on the simulator's telephone network, whose
// softphone (the loopback) lives whole in the page that has the seat. Both have the same face.

import { DOMAIN } from './kamailio.mjs';
import { CUSTOMER, LINE } from './portal.mjs';
import { startStack } from './servers.mjs';
import { openBench } from './sip-bench.mjs';
import { tone } from '../../contract/voice.js';
import { until } from './until.mjs';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** The employee who is asked, by the card's list and on the SIP server. */
const COLLEAGUE = '103';

/** A customer and a colleague on Kamailio, in a browser of their own; the operator by this adapter. */
export async function startSip(adapter) {
  const bench = await openBench();
  const user = bench.newUser('operator');
  const folder = mkdtempSync(join(tmpdir(), 'b24-kills-'));
  const voice = join(folder, 'voice.wav');
  writeFileSync(voice, tone(392, 2));
  const adapterOptions = { server: bench.server.server, uri: `sip:${user}@${DOMAIN}`, password: `secret-${user}` };
  const [stack, customer, colleague] = await Promise.all([
    startStack({ host: { adapter, adapterOptions } }),
    bench.phone(adapter, bench.newUser('customer'), {}, { gauge: true }),
    bench.phone(adapter, COLLEAGUE),
  ]);
  const alive = async (phone) => {
    const events = await phone.events();
    const over = new Set(events.filter(({ type }) => type === 'ended').map(({ callId }) => callId));
    return [...new Set(events.map(({ callId }) => callId).filter((id) => id && !over.has(id)))];
  };
  const told = async (callId, type) => (await customer.events()).some((event) => event.type === type && event.callId === callId);
  return {
    name: adapter,
    inHub: true,
    stack,
    flags: [
      '--autoplay-policy=no-user-gesture-required', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream',
      `--use-file-for-fake-audio-capture=${voice}`,
    ],

    /** The customer calls; gives the call as the customer has it. */
    rings: () => customer.dials({ user }),
    registered: async () => user in (await bench.server.registrations()),
    connected: (call) => customer.told('connected', { callId: call }),
    isOver: (call) => told(call, 'ended'),
    ended: (call) => until(() => told(call, 'ended'), { what: 'the customer to be told of the end' }),
    held: (call) => customer.told('held', { callId: call, held: true, by: 'remote' }),
    hears: (call) => customer.sound(call, { speaks: true, hears: true }),
    colleague: COLLEAGUE,
    async colleagueAnswers() {
      const { callId } = await colleague.rings();
      await colleague.ask('answer', callId);
      await colleague.told('connected', { callId });
    },

    /** From now on the customer's longest silence is looked for: `{ silence, began }`. */
    heeds: () => customer.heeds(),
    gauged: () => customer.gauged(),

    restartServer: async () => {
      await bench.server.kill();
      await bench.server.start();
    },
    /** Nobody is left on a line. */
    async clear() {
      for (const phone of [customer, colleague]) for (const call of await alive(phone)) await phone.ask('hangUp', call);
    },
    async stop() {
      await stack.stop();
      await bench.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export async function startLoopback() {
  const stack = await startStack();
  const { api } = stack.simulator;
  const phone = async () => (await api('GET', '/sim/phone')).calls;
  const find = async (call) => (await phone()).find((it) => it.call === call);
  const is = (call, what, state) => until(async () => state(await find(call)), { what: `the customer's phone to be ${what}` });
  return {
    name: 'loopback',
    inHub: false,
    stack,
    flags: ['--autoplay-policy=no-user-gesture-required'],

    rings: async () => (await api('POST', '/sim/phone/call', { number: CUSTOMER.number, displayName: CUSTOMER.name, line: LINE })).call,
    registered: async () => (await api('GET', '/sim/phone')).registered > 0,
    connected: (call) => is(call, 'connected', ({ state }) => state === 'connected'),
    isOver: async (call) => (await find(call)).state === 'ended',
    ended: (call) => is(call, 'told of the end', ({ state }) => state === 'ended'),
    held: (call) => is(call, 'on hold', ({ held }) => held),
    hears: async () => {}, // both ends are in the operator's page
    colleague: COLLEAGUE,
    colleagueAnswers: () => until(() => api('POST', '/sim/phone/answer'), { what: 'the colleague to be rung' }),
    async clear() {
      for (const { call, state } of await phone()) if (state !== 'ended') await api('POST', '/sim/phone/hangup', { call });
    },
    stop: () => stack.stop(),
  };
}
