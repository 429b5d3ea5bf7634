// The media under both SIP adapters, where a call story can't choose the moment.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { openBench } from '../support/sip-bench.mjs';
import { test } from '../support/test.mjs';

const bench = await openBench();
after(() => bench.close());

test('an offer of the other side that meets our refused one is answered, not taken back', async () => {
  const page = await bench.context.newPage();
  await page.goto(bench.base);
  const said = await page.evaluate(async () => {
    const { Media } = await import('/media/media.js');
    const open = async () => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      return new Media(stream.getAudioTracks()[0], { iceServers: [], iceGatheringMs: 500 }, { remoteHeld() {}, blocked() {} });
    };
    const [ours, theirs] = [await open(), await open()];
    const sdp = await theirs.describe('offer');
    await ours.describe('offer');
    // Theirs is on its way in when ours turns out to be refused.
    const taken = ours.take('offer', sdp);
    await ours.rollback();
    await taken;
    const answer = await ours.describe('answer');
    await theirs.take('answer', answer);
    const states = [ours.pc.signalingState, theirs.pc.signalingState];
    ours.close();
    theirs.close();
    return states;
  });
  assert.deepEqual(said, ['stable', 'stable']);
});

test('an offer that restarts ICE says where we can be reached, and so does the answer to it', async () => {
  const page = await bench.context.newPage();
  await page.goto(bench.base);
  const said = await page.evaluate(async () => {
    const { Media } = await import('/media/media.js');
    const open = async () => {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      return new Media(stream.getAudioTracks()[0], { iceServers: [], iceGatheringMs: 5000 }, { remoteHeld() {}, blocked() {} });
    };
    const [ours, theirs] = [await open(), await open()];
    const facts = (sdp) => ({ candidates: /^a=candidate:/m.test(sdp), fragment: /a=ice-ufrag:(\S+)/.exec(sdp)[1] });
    const exchange = async () => {
      const offer = await ours.describe('offer');
      await theirs.pc.setRemoteDescription({ type: 'offer', sdp: offer });
      const answer = await theirs.describe('answer');
      await ours.pc.setRemoteDescription({ type: 'answer', sdp: answer });
      return [facts(offer), facts(answer)];
    };
    const first = await exchange();
    const rounds = [];
    for (let i = 0; i < 5; i++) {
      ours.pc.restartIce();
      rounds.push(await exchange());
    }
    ours.close();
    theirs.close();
    return { first, rounds };
  });
  const fragments = new Set([said.first, ...said.rounds].map(([{ fragment }]) => fragment));
  assert.equal(fragments.size, 6, 'each restart is one');
  for (const round of said.rounds) assert.deepEqual(round.map(({ candidates }) => candidates), [true, true]);
});
