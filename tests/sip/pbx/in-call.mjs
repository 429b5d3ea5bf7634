// Stories of what a PBX says in the middle of a call.

import assert from 'node:assert/strict';

import { answer, answered, asCaller, calls, hears, sdp, send } from '../../support/sipp.mjs';
import { PAI, PATIENT, accepts, answersChange, challenges, dials, hangsUp, ok, says, talks } from './scenes.mjs';

const inCall = [
  ...[
    ['with another DTLS role', { setup: 'passive', direction: 'recvonly' }],
    ['without a DTLS role', { setup: null, direction: 'recvonly' }],
    ['without ICE', { ice: false, direction: 'recvonly' }],
    ['with a line for video', { video: true, direction: 'recvonly' }],
    ['as inactive', { direction: 'inactive' }],
    ['as if there were no hold', { direction: 'sendrecv' }],
  ].map(([how, description]) => [`a hold is answered ${how}: it is held, taken back, and the call goes on`, async (story) => {
    const scene = await dials(story, [hears('INVITE'), accepts(), answersChange(description), answersChange({}), hears('BYE'), ok]);
    const { operator, call } = scene;
    await operator.told('connected', { callId: call });
    await operator.ask('setHeld', call, true);
    await operator.told('held', { callId: call, held: true, by: 'local' });
    await operator.ask('setHeld', call, false);
    await hangsUp(scene);
  }]),

  ...[488, 500, 403].map((status) => [`a hold that is refused with ${status} is not asked for again, and the call goes on as it was`, async (story) => {
    const refuse = [hears('INVITE'), send(`SIP/2.0 ${status} No`, answer({ tag: false })), hears('ACK')];
    const scene = await dials(story, [hears('INVITE'), accepts(), refuse, answersChange({}), hears('BYE'), ok]);
    const { operator, call } = scene;
    await operator.told('connected', { callId: call });
    await assert.rejects(operator.ask('setHeld', call, true));
    assert.equal((await operator.events()).some(({ type }) => type === 'held'), false);
    await operator.ask('setHeld', call, true);
    await hangsUp(scene);
  }]),

  ...[['491', 491, []], ['500 with Retry-After', 500, ['Retry-After: 0']]].map(([what, status, more]) => [
    `a hold that meets a change of the other side's (${what}) is asked for again, and comes about`, async (story) => {
      const meets = [hears('INVITE'), send(`SIP/2.0 ${status} Later`, answer({ tag: false, more })), hears('ACK')];
      const scene = await dials(story, [hears('INVITE'), accepts(), meets, answersChange({ direction: 'recvonly' }), hears('BYE'), ok]);
      await scene.operator.told('connected', { callId: scene.call });
      await scene.operator.ask('setHeld', scene.call, true);
      await hangsUp(scene);
    }]),

  ['a hold whose answer can\'t be taken at all fails, the other side is told so, and the call goes on', async (story) => {
    const nonsense = [hears('INVITE'), send('SIP/2.0 200 OK', answer({ tag: false }), { body: ['v=0', 'm=nothing'], retransmit: true }), hears('ACK')];
    const scene = await dials(story, [hears('INVITE'), accepts(), nonsense, answersChange({}), hears('BYE'), ok]);
    const { operator, call } = scene;
    await operator.told('connected', { callId: call });
    await assert.rejects(operator.ask('setHeld', call, true));
    await hangsUp(scene);
  }],

  ...[
    ['one challenge', [['nonce="n1"']], 'nonce="n1"'],
    ['a stale nonce after it', [['nonce="n1"'], ['nonce="n2", stale=TRUE']], 'nonce="n2"'],
    ['SHA-256 before MD5', [['nonce="n5", algorithm=SHA-256', 'nonce="n6", algorithm=MD5']], 'algorithm=SHA-256'],
    ['MD5 before SHA-256', [['nonce="n6", algorithm=MD5', 'nonce="n5", algorithm=SHA-256']], 'algorithm=MD5'],
  ].map(([what, all, sign]) => [`a re-INVITE is asked for the password, by ${what}`, async (story) => {
    const asked = all.map((it) => challenges(401, ...it));
    const answersIt = [hears('INVITE', { check: sign }), send('SIP/2.0 200 OK', answer({ tag: false }), { body: sdp({ origin: 2, setup: 'active' }), retransmit: true }), hears('ACK')];
    const scene = await dials(story, [hears('INVITE'), accepts(), asked, answersIt, hears('BYE'), ok]);
    await scene.operator.told('connected', { callId: scene.call });
    await scene.operator.ask('setHeld', scene.call, true);
    await hangsUp(scene);
  }]),

  ['a call that comes without a description is answered with ours', async (story) => {
    const scene = await talks(story, [], { late: true });
    await hangsUp(scene);
  }],

  ['two early answers with different descriptions, and a third that counts', async (story) => {
    const early = (description) => send('SIP/2.0 183 Session Progress', answer(), { body: sdp({ setup: 'active', ...description }) });
    const scene = await dials(story, [hears('INVITE'), early({ origin: 1 }), early({ origin: 2, ufrag: 'other', key: 'A1' }), accepts({ sdp: { origin: 3 } }), hears('BYE'), ok]);
    await scene.operator.told('progress', { callId: scene.call, earlyMedia: true });
    await scene.operator.told('connected', { callId: scene.call });
    await hangsUp(scene);
  }],

  ...[
    ['says that it is inactive', { direction: 'inactive' }],
    ['says so as phones did once, by 0.0.0.0', { address: '0.0.0.0', port: 4000 }],
    ['says that it only sends', { direction: 'sendonly' }],
  ].map(([how, description]) => [`the other side holds, and ${how}; the operator is told`, async (story) => {
    const changes = (cseq, description) => [
      send('INVITE [next_url] SIP/2.0', asCaller(cseq, 'INVITE'), { body: sdp({ origin: cseq, ...description }), retransmit: true }),
      answered(100, { optional: true }), answered(200), send('ACK [next_url] SIP/2.0', asCaller(cseq, 'ACK')),
    ];
    const scene = await talks(story, [changes(2, description), changes(3, {})]);
    const heldIs = (held) => scene.operator.told('held', { callId: scene.call, held, by: 'remote' });
    await heldIs(true);
    await heldIs(false);
    await says(scene.trunk, /CSeq: 3 ACK/);
    await hangsUp(scene);
  }]),

  ...[
    ['without ICE', { body: sdp({ origin: 2, ice: false }) }],
    ['with another SSRC', { body: sdp({ origin: 2, ssrc: 3735928560 }) }],
    ['without a description', {}, { body: sdp({ origin: 2, setup: 'active' }) }],
  ].map(([how, offer, late = {}]) => [`a re-INVITE ${how} changes nothing`, async (story) => {
    const change = [
      send('INVITE [next_url] SIP/2.0', asCaller(2, 'INVITE'), { ...offer, retransmit: true }),
      answered(100, { optional: true }), answered(200), send('ACK [next_url] SIP/2.0', asCaller(2, 'ACK'), late),
    ];
    const scene = await talks(story, change);
    await says(scene.trunk, /CSeq: 2 ACK/);
    await hangsUp(scene);
  }]),

  ['UPDATE and INFO before the answer are taken', async (story) => {
    const operator = await story.phone('operator', PATIENT);
    const early = (cseq, method, more, body) => [send(`${method} [next_url] SIP/2.0`, asCaller(cseq, method, { more }), body), answered(200)];
    const trunk = await story.trunkCalls(operator, [
      calls(), answered(180), early(2, 'UPDATE', [PAI]), early(3, 'UPDATE', []), early(4, 'INFO', [], { body: ['Signal=5', 'Duration=160'], type: 'application/dtmf-relay' }), answered(200),
      send('ACK [next_url] SIP/2.0', asCaller(1, 'ACK')), hears('BYE'), ok,
    ]);
    const { callId } = await operator.rings();
    await says(trunk, /200 OK[^]*CSeq: 4 INFO/);
    await operator.ask('answer', callId);
    await operator.told('connected', { callId });
    await hangsUp({ operator, trunk, call: callId });
  }],
];

export const inCallStories = [...inCall];
