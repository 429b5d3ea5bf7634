// Far ends that are no browsers, ways that are no open network, and a server that hides the legs from each other.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { startBaresip, startRtpengine, startTurn } from '../support/gateway.mjs';
import { startKamailio } from '../support/kamailio.mjs';
import { openBench } from '../support/sip-bench.mjs';
import { Story } from '../support/sip-story.mjs';
import { test } from '../support/test.mjs';

const ADAPTERS = ['jssip', 'sipjs'];

const rtpengine = await startRtpengine();
const office = await startKamailio({ rtpengine: rtpengine.port });
const hiding = await startKamailio({ topoh: true });
const turn = await startTurn();
const bench = await openBench({ server: office });
const hidden = await openBench({ server: hiding });
after(async () => {
  await Promise.all([bench.close(), hidden.close()]);
  await Promise.all([office.stop(), hiding.stop(), turn.close(), rtpengine.close()]);
});

for (const adapter of ADAPTERS) {
  const story = (name, where, tell) => test(`${adapter}: ${name}`, async () => {
    const story = new Story(adapter, where);
    try {
      await tell(story);
      await story.endsClean();
    } catch (error) {
      error.message += `\n${rtpengine.log.slice(-3000)}`;
      throw error;
    } finally {
      await story.close();
    }
  });

  story('a telephone with plain RTP calls through rtpengine: it is heard, held, taken back, and hung up', bench, async (story) => {
    const operator = await story.phone('operator');
    const telephone = await startBaresip(office, bench.newUser('telephone'));
    try {
      await telephone.dials(operator.user);
      const { callId, number } = await operator.rings();
      assert.equal(number, telephone.user);
      await operator.ask('answer', callId);
      await operator.sound(callId, { speaks: true, hears: true });
      await operator.ask('setHeld', callId, true);
      await operator.told('held', { callId, held: true, by: 'local' });
      await operator.ask('setHeld', callId, false);
      await operator.sound(callId, { speaks: true, hears: true });
      await operator.ask('hangUp', callId);
      await telephone.says(/session closed|terminated|closed/i);
    } finally {
      await telephone.close();
    }
  });

  story('a telephone with plain RTP is called through rtpengine, hears the tones, and hangs up', bench, async (story) => {
    const operator = await story.phone('operator');
    const telephone = await startBaresip(office, bench.newUser('telephone'));
    try {
      const call = await operator.dials(telephone.user);
      await operator.sound(call, { speaks: true, hears: true });
      for (const tone of '42#') await operator.ask('sendDtmf', call, tone);
      await telephone.says(/#/);
      await telephone.hangsUp();
      assert.deepEqual((await operator.told('ended', { callId: call })).cause, { by: 'remote' });
    } finally {
      await telephone.close();
    }
  });

  story('with TURN as the only way a call is heard both ways', bench, async (story) => {
    const options = { iceServers: turn.iceServers, relayOnly: true };
    const [operator, customer] = [await story.phone('operator', options), await story.phone('customer', options)];
    const [mine, theirs] = await story.talk(operator, customer);
    for (const [phone, call] of [[operator, mine], [customer, theirs]]) {
      const types = await phone.page.evaluate((call) => {
        const { localDescription, remoteDescription } = softphone.peerConnection(call);
        return [localDescription, remoteDescription].flatMap(({ sdp }) => [...sdp.matchAll(/ typ (\w+)/g)].map(([, type]) => type));
      }, call);
      assert.deepEqual([...new Set(types)], ['relay'], 'nothing else is offered');
    }
    await story.goodbye(operator, mine, customer, theirs);
  });

  story('behind a server that hides the legs from each other, a call is held, transferred, and hung up', hidden, async (story) => {
    const [operator, customer, colleague] = await story.phones('operator', 'customer', 'colleague');
    const [theirs, mine] = await story.talk(customer, operator);
    await operator.ask('setHeld', mine, true);
    await customer.told('held', { callId: theirs, held: true, by: 'remote' });
    await operator.ask('setHeld', mine, false);
    const [outcome, { callId: passed }] = [operator.ask('transfer', mine, colleague.user), await colleague.rings()];
    await colleague.ask('answer', passed);
    await outcome;
    await customer.told('transferred', { callId: theirs });
    await Promise.all([story.hear(customer, theirs), story.hear(colleague, passed)]);
    await story.goodbye(customer, theirs, colleague, passed);
  });
}
