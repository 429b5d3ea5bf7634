// Stories of what a PBX answers to who dials.

import assert from 'node:assert/strict';

import { DOMAIN } from '../../support/kamailio.mjs';
import { answer, calls, either, hears, sdp, send } from '../../support/sipp.mjs';
import { PATIENT, accepts, dials, hangsUp, ok, refuses, says } from './scenes.mjs';

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

export const dialledStories = [...dialling];
