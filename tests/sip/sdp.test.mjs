// The few questions we ask of a session description.

import assert from 'node:assert/strict';

import { takesTelephoneEvents, withOwnEvents } from '../../www/adapters/lib/sdp.js';
import { test } from '../support/test.mjs';

const lines = (...all) => `${all.join('\r\n')}\r\n`;
const OPUS = ['a=rtpmap:111 opus/48000/2', 'a=rtpmap:63 red/48000/2'];
const REDUNDANT = ['a=rtpmap:63 red/8000'];
const FAST = ['a=rtpmap:110 telephone-event/48000'];
const SLOW = ['a=rtpmap:126 telephone-event/8000', 'a=fmtp:126 0-16'];

for (const [what, sdp, takes, takesAny] of [
  ['Opus, and events of both clocks', lines('m=audio 9 UDP/TLS/RTP/SAVPF 111 63 110 126', ...OPUS, ...FAST, ...SLOW), true, true],
  ['Opus, and events of 8000 Hz', lines('m=audio 9 UDP/TLS/RTP/SAVPF 111 63 126', ...OPUS, ...SLOW), false, true],
  ['G.711 without a line of its own, and events of 8000 Hz', lines('m=audio 9 RTP/AVP 8 126', ...SLOW), true, true],
  ['G.722, whose clock is 8000 Hz by mistake', lines('m=audio 9 RTP/AVP 9 126', ...SLOW), true, true],
  ['G.711, and events of 48,000 Hz', lines('m=audio 9 RTP/AVP 0 110', ...FAST), false, true],
  ['Opus behind red of another clock, and events of 48,000 Hz', lines('m=audio 9 UDP/TLS/RTP/SAVPF 63 111 110', OPUS[0], ...REDUNDANT, ...FAST), true, true],
  ['no events', lines('m=audio 9 UDP/TLS/RTP/SAVPF 111', ...OPUS), false, false],
  ['nothing', undefined, false, false],
]) {
  test(`a far end with ${what} ${takes ? 'takes' : 'does not take'} tones as RTP events by the codec's clock`, () => {
    assert.deepEqual([takesTelephoneEvents(sdp), takesTelephoneEvents(sdp, { atAnyRate: true })], [takes, takesAny]);
  });
}

test('of events of both clocks only the codec\'s own are left, so that the browser can\'t choose the other', () => {
  const said = lines('m=audio 9 UDP/TLS/RTP/SAVPF 111 63 110 126', ...OPUS, ...FAST, ...SLOW);
  assert.equal(withOwnEvents(said), lines('m=audio 9 UDP/TLS/RTP/SAVPF 111 63 110', ...OPUS, ...FAST));
});

test('where there are none of the codec\'s own, the others stay', () => {
  const said = lines('m=audio 9 UDP/TLS/RTP/SAVPF 111 126', ...OPUS, ...SLOW);
  assert.equal(withOwnEvents(said), said);
});
