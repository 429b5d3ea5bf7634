// What adapters of one's own are made of, and what tries them.

import type { FarEndFactory } from 'b24-background-worker/contract';
import { audioDirection, setupOf } from 'b24-background-worker/adapters/lib/sdp.js';
import { discreet, pause, problem } from 'b24-background-worker/adapters/lib/problem.js';
import { pair, Wire } from 'b24-background-worker/adapters/lib/wire.js';
import { inPage } from 'b24-background-worker/adapters/signalling/in-page.js';
import { readOptions } from 'b24-background-worker/adapters/signalling/options.js';
import { Phone, type LineClass } from 'b24-background-worker/adapters/signalling/phone.js';
import type { GivenSipOptions, SipSoftphone } from 'b24-background-worker/adapters/sip-options.js';
import type { AdapterPage, HubSoftphone } from 'b24-background-worker/softphone';

declare const MyLine: LineClass;

/** A softphone by a SIP library of one's own. */
export default async function mine(options: GivenSipOptions, page: AdapterPage): Promise<SipSoftphone> {
  return inPage(await readOptions('mine', options), page, MyLine);
}

export async function inHub(options: GivenSipOptions, page: AdapterPage): Promise<HubSoftphone> {
  return new Phone(await readOptions('mine', options), page, MyLine);
}

const refused: string = problem('UNREGISTERED', discreet('+15550199 is not reached')).code;
const status: number = problem('GLARE', refused, { status: 491 }).status;
const held: boolean = audioDirection('a=sendonly') === 'sendonly' && setupOf('a=setup:actpass') === 'actpass';

const [port, other] = pair();
new Wire(other, { double: (value: number) => value * 2 });
await pause(0, AbortSignal.abort());
export const doubled: unknown = held && (await new Wire(port, {}).ask('double', [status]));

// @ts-expect-error a problem has a word
problem(491, 'the other side is changing the call');

/** A far end that can do no more than it must. */
export const farEnd: FarEndFactory<{ caller: string }> = (_softphone, { caller }) => ({
  number: caller,
  async call() {},
  answer() {},
  hangUp() {},
});
