// Stories of calls that are handed over, by us and by the other side.

import assert from 'node:assert/strict';

import { DOMAIN } from '../../support/kamailio.mjs';
import { until } from '../../support/until.mjs';
import { answer, answered, asCalled, asCaller, calls, hears, isAnswered, pause, send } from '../../support/sipp.mjs';
import { PATIENT, accepts, answersChange, dials, hangsUp, ok, refuses, says } from './scenes.mjs';

/** The operator transfers, and hears from the PBX what `notices` say. */
async function transfers(story, notices, then = [hears('BYE'), ok], how = {}) {
  const accepted = [hears('REFER'), send('SIP/2.0 202 Accepted', answer({ tag: false }))];
  const scene = await dials(story, [hears('INVITE', { keep: true }), accepts(), accepted, notices, then], {}, {}, how);
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

  ['the target rings for more than a minute (ten times as fast): unknown, and done all the same when it answers', async (story) => {
    const { operator, call, outcome, trunk } = await transfers(story, [notice(1, 'SIP/2.0 100 Trying'), pause(8000), notice(2, 'SIP/2.0 200 OK', 'terminated')], undefined, { hurry: 10 });
    assert.equal(outcome, 'TRANSFER_UNKNOWN');
    assert.deepEqual((await operator.told('ended', { callId: call })).cause, { by: 'local', code: 'TRANSFERRED' });
    await trunk.done;
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
    ['ask', stranger, true, 'a yes'], ['ask', {}, false, 'a no'], ['ask', {}, false, 'a perhaps'], ['ask', {}, false, 'no answer, as nobody is there to ask'],
  ].map(([followTransfers, options, follows, said]) => [
    `a ${options === stranger ? 'stranger' : 'neighbour'} wants the call to be transferred, which "${followTransfers}"${said ? `, with ${said},` : ''} ${follows ? 'follows' : 'does not follow'}`, async (story) => {
      const [operator, colleague] = [await story.phone('operator', { ...PATIENT, followTransfers }), await story.phone('colleague')];
      if (said) await operator.page.evaluate(answerQuestions, { 'a yes': true, 'a no': false, 'a perhaps': 'perhaps' }[said]);
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
      const { callId: passed } = await colleague.rings();
      if (said) assert.deepEqual(await operator.page.evaluate(() => questions), [{ callId, number: colleague.user }]);
      await colleague.ask('reject', passed, 486);
      await colleague.told('ended', { callId: passed });
      await says(trunk, /SIP\/2\.0 486/); // it is told how that went, before it hears goodbye
      await operator.ask('hangUp', callId);
      await operator.told('ended', { callId });
      await trunk.done;
    }]),
];

export const handOverStories = [...handOvers, ...referrals];
