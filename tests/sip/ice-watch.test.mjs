// Mending a media path, where a call story can't choose what fails.

import assert from 'node:assert/strict';

import { problem } from '../../www/adapters/lib/problem.js';
import { test } from '../support/test.mjs';

globalThis.addEventListener ??= () => {};
globalThis.removeEventListener ??= () => {};
globalThis.navigator ??= {};
const { IceWatch } = await import('../../www/media/ice-watch.js');

/** A broken RTCPeerConnection, and how the restarts of it go. */
function broken(outcomes, tries) {
  const pc = Object.assign(new EventTarget(), { iceConnectionState: 'failed', restarts: 0, restartIce: () => pc.restarts++ });
  const over = new Promise((resolve) => {
    const watch = new IceWatch(pc, { patience: 1, wait: 5, tries }, {
      flowing: (is) => is && resolve('flows'),
      restart: async () => {
        const outcome = outcomes.shift() ?? 'nothing';
        if (outcome === 'cut') throw problem('UNREGISTERED', 'no connection');
        if (outcome !== 'mended') return;
        pc.iceConnectionState = 'connected';
        pc.dispatchEvent(new Event('iceconnectionstatechange'));
      },
      failed: ({ code }) => (watch.stop(), resolve(code)),
    });
  });
  return { pc, over };
}

test('ICE is restarted as often as it may be, and then the call ends', async () => {
  const { pc, over } = broken([], 3);
  assert.equal(await over, 'ICE_FAILED');
  assert.equal(pc.restarts, 3);
});

test('without signalling no try is used up: the call is mended once there is some', async () => {
  const { over } = broken([...Array(8).fill('cut'), 'mended'], 2);
  assert.equal(await over, 'flows');
});
