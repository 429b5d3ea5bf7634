// The two ends of a softphone, signalling and the page with the microphone, where one of them does not answer,
// answers late, or is not there.

import assert from 'node:assert/strict';

import { described } from '../../www/adapters/lib/sdp.js';
import { Wire, pair } from '../../www/adapters/lib/wire.js';
import { Media } from '../../www/adapters/signalling/media.js';
import { Seat } from '../../www/adapters/signalling/seat.js';
import { test } from '../support/test.mjs';

for (const [kind, ports] of [['in one page', pair], ['between two', () => Object.values(new MessageChannel())]]) {
  test(`a port ${kind}: questions are answered each by its own answer, whatever is answered first`, async () => {
    const [a, b] = ports();
    let first;
    const far = new Wire(b, { slow: () => new Promise((resolve) => (first = resolve)), quick: (x) => (first('slow'), x) });
    const near = new Wire(a, {});
    assert.deepEqual(await Promise.all([near.ask('slow'), near.ask('quick', ['quick'])]), ['slow', 'quick']);
    near.close();
    far.close();
  });

  test(`a port ${kind}: an error crosses with its code and status, and the number of a DOMException does not`, async () => {
    const [a, b] = ports();
    const far = new Wire(b, {
      glare: () => Promise.reject(Object.assign(new Error('both'), { code: 'GLARE', status: 491 })),
      dom: () => Promise.reject(new DOMException('no', 'InvalidStateError')),
    });
    const near = new Wire(a, {});
    await assert.rejects(near.ask('glare'), { code: 'GLARE', status: 491, message: 'both' });
    await assert.rejects(near.ask('dom'), { code: 'MEDIA', message: 'no' });
    near.close();
    far.close();
  });

  test(`a port ${kind}: once the seat has gone, what was asked rejects at once, what comes late is not heard, what is told arrives`, async () => {
    const [a, b] = ports();
    const heard = [];
    let answer;
    const told = new Promise((resolve) => {
      const far = new Wire(b, {
        never: () => new Promise((resolve) => (answer = resolve)),
        close: () => {
          answer('late');
          far.tell('state', 'late');
          far.close();
          resolve();
        },
      });
    });
    const near = new Wire(a, { state: (state) => heard.push(state) });
    const asked = near.ask('never');
    near.deafen();
    await assert.rejects(asked, { code: 'SEAT_LOST' });
    await assert.rejects(near.ask('never'), { code: 'SEAT_LOST' });
    near.tell('close');
    await told;
    await new Promise(setImmediate);
    assert.deepEqual(heard, []);
    near.close();
  });
}

test('a page that does not answer is given up after its deadline', async () => {
  const near = new Wire(pair()[0], {});
  await assert.rejects(near.ask('describe', [], 5), { code: 'SEAT_LOST' });
});

const OURS = ['v=0', 'o=- 1 2 IN IP4 127.0.0.1', 'm=audio 9 UDP/TLS/RTP/SAVPF 111', 'a=setup:actpass', 'a=sendrecv', ''].join('\r\n');
const theirs = (direction) => OURS.replace('sendrecv', direction);
const says = (sdp) => [/a=setup:(\w+)/.exec(sdp)[1], /a=(sendrecv|sendonly|recvonly|inactive)/.exec(sdp)[1], /o=- 1 (\d+)/.exec(sdp)[1]];

for (const [direction, held, answer] of [
  ['sendrecv', false, 'sendrecv'], ['sendonly', false, 'recvonly'], ['inactive', false, 'inactive'],
  ['sendrecv', true, 'sendonly'], ['sendonly', true, 'inactive'], ['recvonly', true, 'sendonly'],
]) {
  test(`standing in, an offer that says ${direction} is answered ${held ? 'on hold ' : ''}with ${answer}`, () => {
    assert.deepEqual(says(described(OURS, 'answer', { held, offer: theirs(direction), role: 'passive' })), ['passive', answer, '3']);
  });
}

test('standing in, an answer keeps the part in DTLS that was agreed on: another would end the call', async () => {
  for (const [setup, role] of [['active', 'passive'], ['passive', 'active']]) {
    const { seat } = page({ describe: () => OURS });
    const media = new Media({}, {}, { seat: async () => seat, remoteHeld() {}, closed() {} });
    await media.open();
    await media.describe('offer');
    await media.take('answer', OURS.replace('actpass', setup));
    media.leave();
    await media.take('offer', OURS);
    assert.equal(says(await media.describe('answer'))[0], role);
  }
});

/** A page that has the seat, and does as it is told. */
function page(answers) {
  const [port, other] = pair();
  const asked = [];
  new Wire(other, new Proxy({}, { get: (_, name) => (...args) => (asked.push([name, ...args.slice(1)]), answers[name]?.(...args)) }));
  return { seat: new Seat(port), asked };
}

test('a call that is answered as its page goes hears of the caller\'s offer in the next page, too', async () => {
  const silent = page({ describe: () => new Promise(() => {}) });
  const next = page({ describe: () => 'our answer' });
  let seat = silent.seat;
  const media = new Media({}, {}, { seat: async () => seat, remoteHeld() {}, closed() {} });
  await media.open();
  await media.take('offer', 'their offer');
  const answer = media.describe('answer');
  seat = next.seat;
  media.leave();
  silent.seat.retire();
  assert.equal(await answer, 'our answer');
  assert.deepEqual(next.asked.map(([name, ...args]) => [name, ...args].slice(0, 3)).filter(([name]) => ['take', 'describe'].includes(name)), [['take', 'offer', 'their offer'], ['describe', 'answer']]);
});

test('a mute that is asked for while no page is there holds in the next one from the start', async () => {
  const next = page({});
  const media = new Media({}, {}, { seat: async () => next.seat, remoteHeld() {}, closed() {} });
  await media.mute(true);
  await media.open();
  assert.equal(next.asked[0][1].muted, true);
});
