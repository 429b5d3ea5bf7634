// Stories of what PBXs, carriers and telephones say, told by sipp to the letter: each as a real one said it.

import assert from 'node:assert/strict';

import { DOMAIN } from '../support/kamailio.mjs';
import { until } from '../support/until.mjs';
import { answer, answered, asCalled, asCaller, calls, either, hears, isAnswered, sdp, send } from '../support/sipp.mjs';

/** Media that never comes is not what these stories are about. */
const PATIENT = { iceRestart: { patience: 9e6, wait: 9e6, tries: 0 } };

/** The trunk calls, the operator's phone rings, and the caller gives up: what was told. */
async function rung(story, options, phone = {}) {
  const operator = await story.phone('operator', { ...PATIENT, ...phone });
  const trunk = await story.trunkCalls(operator, [calls(options), answered(180), cancel(options), answered(200), answered(487), ack(options)]);
  const incoming = await operator.told('incoming');
  const { cause } = await operator.told('ended');
  await trunk.done;
  return { operator, incoming, cause };
}

const cancel = ({ more = [], ...options } = {}) => send(`CANCEL ${options.uri ?? `sip:[service]@${DOMAIN}`} SIP/2.0`, [
  '[last_Via:]', ...asCaller(1, 'CANCEL', { ...options, routes: false, answered: false, more: options.reason ? [`Reason: ${options.reason}`] : [] }).slice(1)]);
const ack = (options = {}) => send(`ACK ${options.uri ?? `sip:[service]@${DOMAIN}`} SIP/2.0`, ['[last_Via:]', ...asCaller(1, 'ACK', { ...options, more: [], routes: false }).slice(1)]);

/** The trunk calls, the operator answers; what it says then is `steps`, after which the operator hangs up. */
async function talks(story, steps, options = {}, phone = {}) {
  const operator = await story.phone('operator', { ...PATIENT, ...phone });
  const trunk = await story.trunkCalls(operator, [calls(options), isAnswered(options), steps, hears('BYE'), ok]);
  const incoming = await operator.rings();
  await operator.ask('answer', incoming.callId);
  await operator.told('connected');
  return { operator, trunk, incoming, call: incoming.callId };
}

/** The operator dials a trunk that does what `steps` say. */
async function dials(story, steps, phone = {}, options = {}) {
  const operator = await story.phone('operator', { ...PATIENT, ...phone });
  const trunk = await story.trunkAnswers(steps, options);
  const call = await operator.dials(trunk);
  return { operator, trunk, call };
}

const ok = send('SIP/2.0 200 OK', answer({ tag: false }));
const ringing = send('SIP/2.0 180 Ringing', answer());
const accepts = (options = {}) => [send('SIP/2.0 200 OK', answer(options), { body: sdp({ setup: 'active', ...options.sdp }), retransmit: true }), hears('ACK')];

/** Until the trunk has come so far. */
const says = (trunk, what) => until(() => what.test(trunk.heard()), { what: `the trunk to come to ${what}` });

async function hangsUp({ operator, trunk, call }) {
  await operator.ask('hangUp', call);
  await trunk.done;
  assert.deepEqual((await operator.told('ended', { callId: call })).cause, { by: 'local' });
}

const PAI = 'P-Asserted-Identity: "Warehouse" <sip:+15550142@carrier.example>';
const RPID = 'Remote-Party-ID: "Warehouse" <sip:+15550142@carrier.example>;party=called;privacy=off';

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

const refuses = (status, more, contact) => [hears('INVITE'), send(`SIP/2.0 ${status} No`, answer({ more, contact })), hears('ACK')];

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

const dialling = [
  ['who has moved (302) is called where he is now, and the call keeps its name', async (story) => {
    const customer = await story.phone('customer');
    const { operator, call, trunk } = await dials(story, refuses(302, [], `<sip:${customer.user}@${DOMAIN}>`));
    const { callId } = await customer.rings();
    await customer.ask('answer', callId);
    await operator.told('connected', { callId: call });
    await Promise.all([story.hear(operator, call), story.hear(customer, callId)]);
    await story.goodbye(operator, call, customer, callId);
    await trunk.done;
  }],

  ['who sends on to somebody who sends on is followed once', async (story) => {
    const second = await story.trunkAnswers(refuses(302, [], `<sip:nobody@${DOMAIN}>`));
    const { operator, call, trunk } = await dials(story, refuses(302, [], `<sip:${second.user}@${DOMAIN}>`));
    assert.deepEqual((await operator.told('ended', { callId: call })).cause, { by: 'remote', status: 302 });
    await Promise.all([trunk.done, second.done]);
  }],

  ['who has moved is not followed, where that is not wanted', async (story) => {
    const { operator, call, trunk } = await dials(story, refuses(302, [], `<sip:nobody@${DOMAIN}>`), { followRedirects: false });
    assert.deepEqual((await operator.told('ended', { callId: call })).cause, { by: 'remote', status: 302 });
    await trunk.done;
  }],

  ['a server that wants longer session intervals (422) is asked again with its own', async (story) => {
    const again = [accepts(), hears('BYE'), ok];
    const once = [send('SIP/2.0 422 Session Interval Too Small', answer({ more: ['Min-SE: 3600'] })), hears('ACK')];
    const scene = await dials(story, either('INVITE', 'Min-SE: 3600', again, once), {}, { calls: 2 });
    await scene.operator.told('connected', { callId: scene.call });
    await hangsUp(scene);
  }],

  ['headers of the application, and the line that was chosen, are in the INVITE', async (story) => {
    const operator = await story.phone('operator', { ...PATIENT, extraHeaders: { 'X-Office': 'Berlin' } });
    const trunk = await story.trunkAnswers([hears('INVITE', { check: 'X-Office: Berlin' }), send('SIP/2.0 180 Ringing', answer({ more: ['X-Call-ID: 42.8'] })), accepts(), hears('BYE'), ok]);
    const call = await operator.dials(trunk, { line: '+15550100', headers: { 'X-Campaign': '7' } });
    const { externalId } = await operator.told('connected', { callId: call });
    assert.equal(externalId, '42.8', 'the PBX names the call');
    await hangsUp({ operator, trunk, call });
  }],

  ...[['X-Campaign: 7', { headers: { 'X-Campaign': '7' } }], [`P-Preferred-Identity: <sip:\\+15550100@${DOMAIN}>`, { line: '+15550100' }]].map(([header, options]) => [
    `dialled with ${JSON.stringify(options)}, the INVITE says ${header}`, async (story) => {
      const operator = await story.phone('operator', PATIENT);
      const trunk = await story.trunkAnswers([hears('INVITE', { check: header }), send('SIP/2.0 486 Busy', answer()), hears('ACK')]);
      const call = await operator.dials(trunk, options);
      assert.equal((await operator.told('ended', { callId: call })).cause.status, 486);
      await trunk.done;
    }]),

  ['a header that is SIP\'s own is not the application\'s to set', async (story) => {
    const operator = await story.phone('operator');
    const call = await operator.dials('trunk-1', { headers: { Via: 'me' } });
    assert.equal((await operator.told('ended', { callId: call })).cause.code, 'BAD_HEADER');
  }],

  ...[['ask', (operator, call) => operator.ask('sendPostDial', call)], ['send', () => {}]].map(([postDial, act]) => [
    `an extension dialled after the number is sent as tones: postDial "${postDial}"`, async (story) => {
      const info = (digit) => [hears('INFO', { check: `Signal=${digit}` }), ok];
      const trunk = await story.trunkAnswers([hears('INVITE'), accepts({ sdp: { events: false } }), info(4), info(2), hears('BYE'), ok]);
      const operator = await story.phone('operator', { ...PATIENT, postDial });
      // The server sends what is all digits and long to the trunk of that port.
      const call = await operator.dials(`+999 ${trunk.port} ext. 42`);
      assert.equal((await operator.told('connected', { callId: call })).tones, ',42');
      await act(operator, call);
      await says(trunk, /Signal=2/);
      await hangsUp({ operator, trunk, call });
    }]),
];

/** A change of ours is answered so, and acknowledged. */
const answersChange = (description) => [hears('INVITE'), send('SIP/2.0 200 OK', answer({ tag: false }), { body: sdp({ origin: 2, setup: 'active', ...description }), retransmit: true }), hears('ACK')];

const challenges = (status, ...all) => [hears('INVITE'), send(`SIP/2.0 ${status} Unauthorized`, answer({ tag: false, more: all.map((it) => `WWW-Authenticate: Digest realm="pbx", qop="auth", ${it}`) })), hears('ACK')];

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

  ['a re-INVITE without ICE changes nothing', async (story) => {
    const change = [
      send('INVITE [next_url] SIP/2.0', asCaller(2, 'INVITE'), { body: sdp({ origin: 2, ice: false }), retransmit: true }),
      answered(100, { optional: true }), answered(200), send('ACK [next_url] SIP/2.0', asCaller(2, 'ACK')),
    ];
    const scene = await talks(story, change);
    await says(scene.trunk, /CSeq: 2 ACK/);
    await hangsUp(scene);
  }],

  ['UPDATE and INFO before the answer are taken', async (story) => {
    const operator = await story.phone('operator', PATIENT);
    const early = (cseq, method, more) => [send(`${method} [next_url] SIP/2.0`, asCaller(cseq, method, { more })), answered(200)];
    const trunk = await story.trunkCalls(operator, [
      calls(), answered(180), early(2, 'UPDATE', [PAI]), early(3, 'UPDATE', []), answered(200),
      send('ACK [next_url] SIP/2.0', asCaller(1, 'ACK')), hears('BYE'), ok,
    ]);
    const { callId } = await operator.rings();
    await says(trunk, /200 OK[^]*CSeq: 3 UPDATE/);
    await operator.ask('answer', callId);
    await operator.told('connected', { callId });
    await hangsUp({ operator, trunk, call: callId });
  }],
];

/** The operator transfers, and hears from the PBX what `notices` say. */
async function transfers(story, notices, then = [hears('BYE'), ok]) {
  const accepted = [hears('REFER'), send('SIP/2.0 202 Accepted', answer({ tag: false }))];
  const scene = await dials(story, [hears('INVITE', { keep: true }), accepts(), accepted, notices, then]);
  const { operator, call } = scene;
  await operator.told('connected', { callId: call });
  const outcome = await operator.page.evaluate((call) => softphone.transfer(call, '102').then(() => 'done', (error) => error.code), call);
  return { ...scene, outcome };
}

const notice = (cseq, body, state = 'active;expires=60') => [
  send('NOTIFY [next_url] SIP/2.0', asCalled(cseq, 'NOTIFY', { more: ['Event: refer', `Subscription-State: ${state}`] }), body && { body: [body], type: 'message/sipfrag;version=2.0' }),
  answered(200),
];

const handOvers = [
  ['a transfer is done when the PBX says so, although the target may only ring', async (story) => {
    const { operator, call, outcome, trunk } = await transfers(story, [notice(1, 'SIP/2.0 100 Trying'), notice(2, 'SIP/2.0 200 OK', 'terminated;reason=noresource')]);
    assert.equal(outcome, 'done');
    assert.deepEqual((await operator.told('ended', { callId: call })).cause, { by: 'local', code: 'TRANSFERRED' });
    await trunk.done;
  }],

  ['a transfer nobody says the end of is unknown, not failed, and the call goes on', async (story) => {
    const { operator, outcome, ...scene } = await transfers(story, [notice(1, 'SIP/2.0 100 Trying'), notice(2, undefined, 'terminated;reason=timeout')]);
    assert.equal(outcome, 'TRANSFER_UNKNOWN');
    await hangsUp({ operator, ...scene });
  }],

  ['a notice without a body says nothing, and the next one does', async (story) => {
    const { outcome, trunk } = await transfers(story, [notice(1), notice(2, 'SIP/2.0 200 OK', 'terminated')]);
    assert.equal(outcome, 'done');
    await trunk.done;
  }],

  ['a transfer is refused, and the call goes on', async (story) => {
    const { operator, outcome, ...scene } = await transfers(story, [notice(1, 'SIP/2.0 503 Service Unavailable', 'terminated')], [answersChange({}), hears('BYE'), ok]);
    assert.equal(outcome, 'TRANSFER');
    await hangsUp({ operator, ...scene });
  }],

  ['a transfer is refused and the customer hung up on: that is noticed at once, and told', async (story) => {
    const gone = [hears('INVITE'), send('SIP/2.0 481 Call/Transaction Does Not Exist', answer({ tag: false })), hears('ACK')];
    const { operator, call } = await transfers(story, [notice(1, 'SIP/2.0 503 Service Unavailable', 'terminated')], gone);
    const { cause } = await operator.told('ended', { callId: call });
    assert.deepEqual([cause.by, cause.code], ['error', 'TRANSFER_LOST']);
  }],
];

const stranger = { from: '<sip:+15550199@carrier.example>' };

/** In the page: whoever is asked about a transfer says this, or nothing. */
function answerQuestions(answer) {
  globalThis.questions = [];
  globalThis.confirms = answer === undefined ? undefined : (to) => {
    questions.push(to);
    return answer;
  };
}

const referrals = [
  ...[
    ['domain', stranger, false], ['domain', {}, true], ['never', {}, false], ['always', stranger, true],
    ['ask', stranger, true, 'a yes'], ['ask', {}, false, 'a no'], ['ask', {}, false, 'no answer, as nobody is there to ask'],
  ].map(([followTransfers, options, follows, said]) => [
    `a ${options === stranger ? 'stranger' : 'neighbour'} wants the call to be transferred, which "${followTransfers}"${said ? `, with ${said},` : ''} ${follows ? 'follows' : 'does not follow'}`, async (story) => {
      const [operator, colleague] = [await story.phone('operator', { ...PATIENT, followTransfers }), await story.phone('colleague')];
      if (said) await operator.page.evaluate(answerQuestions, { 'a yes': true, 'a no': false }[said]);
      const told = (status) => [hears('NOTIFY', { check: `SIP/2.0 ${status}` }), ok];
      // JsSIP takes every REFER, and tells what became of it; SIP.js refuses it.
      const outcome = follows ? [answered(202), told(100), told(180), told(486), hears('BYE'), ok] : [...(operator.adapter === 'jssip' ? [answered(202), told(100), told(603)] : [answered(603)]), hears('BYE'), ok];
      const refer = send('REFER [next_url] SIP/2.0', asCaller(2, 'REFER', { ...options, more: [`Refer-To: <sip:${colleague.user}@${DOMAIN}>`] }));
      const trunk = await story.trunkCalls(operator, [calls(options), isAnswered(options), refer, outcome]);
      const { callId } = await operator.rings();
      await operator.ask('answer', callId);
      await operator.told('connected', { callId });
      if (!follows) {
        await until(async () => (await operator.reports()).some(({ code }) => code === 'TRANSFER_NOT_FOLLOWED'), { what: 'the refusal to be reported' });
        await says(trunk, operator.adapter === 'jssip' ? /SIP\/2.0 603/ : /^SIP\/2.0 603/m);
        if (operator.adapter === 'jssip') await says(trunk, /200 OK[^]*CSeq: \d+ NOTIFY[^]*200 OK[^]*CSeq: \d+ NOTIFY/);
        return hangsUp({ operator, trunk, call: callId });
      }
      if (said) assert.deepEqual(await operator.page.evaluate(() => questions), [{ callId, number: colleague.user }]);
      const { callId: passed } = await colleague.rings();
      await colleague.ask('reject', passed, 486);
      await colleague.told('ended', { callId: passed });
      await operator.ask('hangUp', callId);
      await operator.told('ended', { callId });
      await trunk.done;
    }]),
];

export const pbx = [...causes, ...identities, ...callers, ...declines, ...dialling, ...inCall, ...handOvers, ...referrals];
