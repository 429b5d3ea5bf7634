// What the stories of PBXs, carriers and telephones have in common: a trunk that calls, or is called, and an operator.

import assert from 'node:assert/strict';

import { DOMAIN } from '../../support/kamailio.mjs';
import { until } from '../../support/until.mjs';
import { answer, answered, asCaller, calls, hears, isAnswered, sdp, send } from '../../support/sipp.mjs';

/** Media that never comes is not what these stories are about. */
export const PATIENT = { iceRestart: { patience: 9e6, wait: 9e6, tries: 0 } };

/** The trunk calls, the operator's phone rings, and the caller gives up: what was told. */
export async function rung(story, options, phone = {}) {
  const operator = await story.phone('operator', { ...PATIENT, ...phone });
  const trunk = await story.trunkCalls(operator, [calls(options), answered(180), cancel(options), answered(200), answered(487), ack(options)]);
  const incoming = await operator.told('incoming');
  const { cause } = await operator.told('ended');
  await trunk.done;
  return { operator, incoming, cause };
}

export const cancel = ({ more = [], ...options } = {}) => send(`CANCEL ${options.uri ?? `sip:[service]@${DOMAIN}`} SIP/2.0`, [
  '[last_Via:]', ...asCaller(1, 'CANCEL', { ...options, routes: false, answered: false, more: options.reason ? [`Reason: ${options.reason}`] : [] }).slice(1)]);
export const ack = (options = {}) => send(`ACK ${options.uri ?? `sip:[service]@${DOMAIN}`} SIP/2.0`, ['[last_Via:]', ...asCaller(1, 'ACK', { ...options, more: [], routes: false }).slice(1)]);

/** The trunk calls, the operator answers; what it says then is `steps`, after which the operator hangs up. */
export async function talks(story, steps, options = {}, phone = {}) {
  const operator = await story.phone('operator', { ...PATIENT, ...phone });
  const trunk = await story.trunkCalls(operator, [calls(options), isAnswered(options), steps, hears('BYE'), ok]);
  const incoming = await operator.rings();
  await operator.ask('answer', incoming.callId);
  await operator.told('connected');
  return { operator, trunk, incoming, call: incoming.callId };
}

/** The operator dials a trunk that does what `steps` say. */
export async function dials(story, steps, phone = {}, options = {}, how = {}) {
  const operator = await story.phone('operator', { ...PATIENT, ...phone }, how);
  const trunk = await story.trunkAnswers(steps, options);
  const call = await operator.dials(trunk);
  return { operator, trunk, call };
}

export const ok = send('SIP/2.0 200 OK', answer({ tag: false }));
export const ringing = send('SIP/2.0 180 Ringing', answer());
export const accepts = (options = {}) => [send('SIP/2.0 200 OK', answer(options), { body: sdp({ setup: 'active', ...options.sdp }), retransmit: true }), hears('ACK')];

/** Until the trunk has come so far. */
export const says = (trunk, what) => until(() => what.test(trunk.heard()), { what: `the trunk to come to ${what}` });

export async function hangsUp({ operator, trunk, call }) {
  await operator.ask('hangUp', call);
  await trunk.done;
  assert.deepEqual((await operator.told('ended', { callId: call })).cause, { by: 'local' });
}

export const PAI = 'P-Asserted-Identity: "Warehouse" <sip:+15550142@carrier.example>';
export const RPID = 'Remote-Party-ID: "Warehouse" <sip:+15550142@carrier.example>;party=called;privacy=off';

/** A change of ours is answered so, and acknowledged. */
export const answersChange = (description) => [hears('INVITE'), send('SIP/2.0 200 OK', answer({ tag: false }), { body: sdp({ origin: 2, setup: 'active', ...description }), retransmit: true }), hears('ACK')];

export const challenges = (status, ...all) => [hears('INVITE'), send(`SIP/2.0 ${status} Unauthorized`, answer({ tag: false, more: all.map((it) => `WWW-Authenticate: Digest realm="pbx", qop="auth", ${it}`) })), hears('ACK')];

/** A trunk that refuses to be called. */
export const refuses = (status, more, contact) => [hears('INVITE'), send(`SIP/2.0 ${status} No`, answer({ more, contact })), hears('ACK')];
