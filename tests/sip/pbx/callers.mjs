// Stories of who calls, by which number and under what name, and of how a call is declined.

import assert from 'node:assert/strict';

import { DOMAIN } from '../../support/kamailio.mjs';
import { answer, answered, asCaller, calls, hears, isAnswered, sdp, send } from '../../support/sipp.mjs';
import { PAI, PATIENT, RPID, accepts, ack, dials, hangsUp, ok, refuses, ringing, rung, says, talks } from './scenes.mjs';

const causes = [
  ...[['SIP;cause=200;text="Call completed elsewhere"', 'ANSWERED_ELSEWHERE'], ['Q.850;cause=26', 'ANSWERED_ELSEWHERE'], ['Q.850;cause=16;text="Normal call clearing"', undefined]].map(([reason, code]) => [
    `a caller cancels with Reason: ${reason}, which is told as ${code ?? 'a caller who gave up'}`, async (story) => {
      const { cause } = await rung(story, { reason });
      assert.deepEqual([cause.by, cause.status, cause.code], ['remote', 487, code]);
    }]),

  ...[[403, 'Q.850;cause=21', 603], [603, 'Q.850;cause=19', 480], [480, 'Q.850;cause=17', 486], [486, 'Q.850;cause=16', 486], [500, 'Q.850;cause=1', 404]].map(([status, reason, told]) => [
    `a PBX refuses with ${status} and Reason: ${reason}, which is told as ${told}`, async (story) => {
      const { operator, trunk, call } = await dials(story, [hears('INVITE'), ringing, send(`SIP/2.0 ${status} No`, answer({ more: [`Reason: ${reason}`] })), hears('ACK')]);
      const { cause } = await operator.told('ended', { callId: call });
      assert.deepEqual([cause.by, cause.status], ['remote', told]);
      await trunk.done;
    }]),
];

const identities = [
  ...[['P-Asserted-Identity', PAI], ['Remote-Party-ID', RPID]].map(([name, header]) => [
    `a group is called, and who of it has answered is told by ${name} in the 200`, async (story) => {
      const scene = await dials(story, [hears('INVITE'), ringing, accepts({ more: [header] }), hears('BYE'), ok]);
      const { number, displayName } = await scene.operator.told('identity', { callId: scene.call });
      assert.deepEqual([number, displayName], ['+15550142', 'Warehouse']);
      await hangsUp(scene);
    }]),

  ['a call is handed over behind the PBX, and UPDATE says to whom', async (story) => {
    const update = [send('UPDATE [next_url] SIP/2.0', asCaller(2, 'UPDATE', { more: [PAI] })), answered(200)];
    const scene = await talks(story, update);
    const { number, displayName } = await scene.operator.told('identity', { callId: scene.call });
    assert.deepEqual([number, displayName], ['+15550142', 'Warehouse']);
    await says(scene.trunk, /200 OK[^]*CSeq: 2 UPDATE/);
    await hangsUp(scene);
  }],

  ['a call is handed over behind the PBX, and a re-INVITE says to whom', async (story) => {
    const reinvite = [
      send('INVITE [next_url] SIP/2.0', asCaller(2, 'INVITE', { more: [PAI] }), { body: sdp({ origin: 2 }), retransmit: true }),
      answered(100, { optional: true }), answered(200), send('ACK [next_url] SIP/2.0', asCaller(2, 'ACK')),
    ];
    const scene = await talks(story, reinvite);
    assert.equal((await scene.operator.told('identity', { callId: scene.call })).displayName, 'Warehouse');
    await says(scene.trunk, /CSeq: 2 ACK/);
    await hangsUp(scene);
  }],

  ['what an untrusted server asserts is not believed', async (story) => {
    const update = [send('UPDATE [next_url] SIP/2.0', asCaller(2, 'UPDATE', { more: [PAI] })), answered(200)];
    const scene = await talks(story, update, { more: [PAI] }, { assertedIdentity: false });
    assert.equal(scene.incoming.number, '+15550199');
    await says(scene.trunk, /200 OK[^]*CSeq: 2 UPDATE/);
    await hangsUp(scene);
    assert.equal((await scene.operator.events()).some(({ type }) => type === 'identity'), false);
  }],
];

const callers = [
  ...[
    ['a withheld number', { from: '"Anonymous" <sip:anonymous@anonymous.invalid>', more: ['Privacy: id'] }, ''],
    ['nobody: a From without a user', { from: '<sip:carrier.example>' }, ''],
    ['a number the server asserts, where From has none', { from: '<sip:anonymous@anonymous.invalid>', more: [PAI] }, '+15550142', 'Warehouse'],
    ['a container, whose name begins with a digit', { from: '<sip:+15550199@1af019b2ba08>', contact: '<sip:pbx@1af019b2ba08:[local_port]>' }, '+15550199'],
    ['a user with #', { from: '<sip:12#34@carrier.example>' }, '12#34'],
    ['a tel: URI', { from: '<tel:+1-555-0199>' }, '+15550199'],
    ['a number with parameters', { from: '<sip:+15550199;npdi;rn=+15550000@carrier.example;user=phone>' }, '+15550199'],
    ['somebody whose name is unquoted UTF-8', { from: 'Анна Иванова <sip:102@carrier.example>' }, '102', 'Анна Иванова'],
    ['somebody with quotes in the name', { from: '"Ann \\"the\\" Other" <sip:102@carrier.example>' }, '102', 'Ann "the" Other'],
  ].map(([who, options, number, displayName]) => [`a call from ${who} rings, is answered, and hung up`, async (story) => {
    const scene = await talks(story, [], options);
    assert.deepEqual([scene.incoming.number, scene.incoming.displayName], [number, displayName]);
    await hangsUp(scene);
  }]),

  ['the PBX\'s own name of a call, and the headers that were asked for, are handed on', async (story) => {
    const { incoming } = await rung(story, { more: ['X-Call-ID: 42.7', 'X-Queue: support', 'X-Other: no'] }, { headers: ['X-Queue', 'X-Missing'] });
    assert.deepEqual([incoming.externalId, incoming.headers], ['42.7', { 'X-Queue': 'support' }]);
  }],

  ['a call that the PBX gives no name of its own is named by its Call-ID', async (story) => {
    const { incoming } = await rung(story, {});
    assert.match(incoming.externalId, /@127\.0\.0\.1$/);
    assert.equal(incoming.headers, undefined);
  }],

  ['a call whose Request-URI is the number that was dialled rings, tells it as the line, and is answered', async (story) => {
    const operator = await story.phone('operator', PATIENT);
    const dialled = { uri: `sip:+15550100@${DOMAIN}`, more: [`X-Phone: ${operator.user}`] };
    const trunk = await story.trunkCalls(operator, [calls(dialled), isAnswered(), hears('BYE'), ok]);
    const { callId, line } = await operator.rings();
    assert.equal(line, '+15550100');
    await operator.ask('answer', callId);
    await operator.told('connected', { callId });
    await hangsUp({ operator, trunk, call: callId });
  }],

  ...[
    ['under a type with parameters', { type: 'application/sdp;charset=utf-8' }],
    ['in a body of several parts', { type: 'multipart/mixed;boundary=part', around: (lines) => ['--part', 'Content-Type: application/isup;version=itu-t92+', 'Content-Disposition: signal;handling=optional', '', '01110001', '--part', 'Content-Type: application/sdp', '', ...lines, '--part--'] }],
  ].map(([how, send]) => [`a call that comes with its description ${how} is understood`, async (story) => {
    const scene = await talks(story, [], { send });
    await hangsUp(scene);
  }]),

  ['called by another number than its own, the phone tells which', async (story) => {
    const { incoming } = await rung(story, { to: `<sip:+15550100@${DOMAIN}>` });
    assert.equal(incoming.line, '+15550100');
  }],
];

/** The trunk calls, and hears how the operator's phone answers. */
async function isRefused(story, status, options) {
  const operator = await story.phone('operator', options);
  const trunk = await story.trunkCalls(operator, [calls(), answered(180), answered(status), ack()]);
  const { callId } = await operator.rings();
  await operator.ask('reject', callId, 603);
  assert.deepEqual((await operator.told('ended', { callId })).cause, { by: 'local' });
  await trunk.done;
}


const registrations = [
  ...[['does not list its Contact', 'unlisted'], ['lists a Contact of the server\'s making', 'rewritten']].map(([what, name]) => [
    `registered with a server that ${what}, the phone is called`, async (story) => {
      const operator = await story.phone('operator', PATIENT, { user: story.bench.newUser(name) });
      const trunk = await story.trunkCalls(operator, [calls(), isAnswered(), hears('BYE'), ok]);
      const { callId } = await operator.rings();
      await operator.ask('answer', callId);
      await operator.told('connected', { callId });
      await hangsUp({ operator, trunk, call: callId });
    }]),

  ['a server that wants the registration later (503 with Retry-After) is asked again, and not before', async (story) => {
    const began = Date.now();
    const operator = await story.phone('operator', { ...PATIENT, reconnect: { first: 10, last: 10 } }, { user: story.bench.newUser('later') });
    assert.ok(Date.now() - began >= 2000, 'as late as it said');
    assert.equal((await operator.reports()).filter(({ code }) => code === 'UNREGISTERED').length, 1);
  }],
];

const declines = [
  ['declined, the others of a group go on ringing: 480', (story) => isRefused(story, 480)],
  ['declined as busy, where that is wanted', (story) => isRefused(story, 486, { decline: 486 })],
  ['declined for the whole group, where that is wanted', (story) => isRefused(story, 603, { decline: 603 })],

  ...['Call-Info: <sip:pbx.test>;answer-after=0', 'Alert-Info: <http://x>;info=alert-autoanswer', 'Answer-Mode: Auto', 'X-Auto-Answer: true'].map((header) => [
    `a call with ${header} is answered by itself, where that is allowed`, async (story) => {
      const operator = await story.phone('operator', { ...PATIENT, autoAnswer: true });
      const trunk = await story.trunkCalls(operator, [calls({ more: [header] }), isAnswered({ more: [header] }), hears('BYE'), ok]);
      const { callId } = await operator.told('incoming');
      await operator.told('connected', { callId });
      await hangsUp({ operator, trunk, call: callId });
    }]),

  ['a call that asks to be answered rings, where that is not allowed', async (story) => {
    const { operator, cause } = await rung(story, { more: ['Call-Info: <sip:pbx.test>;answer-after=0'] });
    assert.equal(cause.status, 487);
    assert.equal((await operator.events()).some(({ type }) => type === 'connected'), false);
  }],
];

export const callerStories = [...causes, ...identities, ...callers, ...registrations, ...declines];
