// Records calls, both directions mixed into one wav, and attaches each record to its call on the
// portal after `finish`. Off unless it is asked for: tell the people who are recorded.
//
// Sound goes to the browser's disk second by second, so memory does not grow with the call, and a
// record whose page was closed is attached by the next page.

import { Attachment } from './attach.js';
import { openStore } from './store.js';
import { tap } from './tap.js';

/** A record the portal has refused is offered again at each start, for so long. */
const KEPT_MS = 7 * 24 * 3600 * 1000;

/**
 * Records every call of this worker from now on.
 *
 * @param {import('../worker.js').CallWorker} worker
 * @param {import('../softphone.js').Softphone} softphone whose `peerConnection` is listened to
 * @param {import('./recorder.js').RecorderOptions} options
 */
export async function record(worker, softphone, { report = () => {}, sampleRate = 8000, maxMinutes = 120 } = {}) {
  if (typeof softphone.peerConnection !== 'function') {
    throw Object.assign(new Error('this softphone has no peerConnection(callId): there is nothing to record from'), {
      code: 'RECORDING',
    });
  }
  const store = await openStore();
  const attach = new Attachment(store, report);
  const most = sampleRate * 2 * 60 * maxMinutes;
  const trouble = (what) => (error) => report({ code: 'RECORDING', message: `${what}: ${error?.message ?? error}` });
  let current;

  const follow = async (call) => {
    const connected = call?.state === 'connected';
    if (current && current.id !== call?.phoneCallId) stop();
    if (connected && !current) {
      current = { id: call.phoneCallId, key: crypto.randomUUID(), bytes: 0 };
      const recording = current;
      await store.begin(recording.key, { phoneCallId: call.phoneCallId, startedAt: Date.now() });
      recording.tap = await tap(sampleRate, (chunk, rate) => {
        if (recording.bytes >= most) return;
        recording.bytes += chunk.byteLength;
        store.append(recording.key, chunk, rate).catch(trouble('the record can\'t be stored'));
      });
      // It may have ended meanwhile.
      if (recording.over) recording.tap.close();
    }
    current?.tap?.listen(softphone.peerConnection(current.id));
  };

  const finished = new Map();
  const stop = () => {
    if (!current) return;
    current.over = true;
    finished.set(current.id, current.key);
    const done = current.tap?.close();
    current = undefined;
    return done;
  };

  worker.on('callchanged', ({ call }) => void follow(call).catch(trouble('the call is not recorded')));
  // Tracks change when a microphone is unplugged or the call is transferred: looked at each second.
  worker.on('quality', () => current?.tap?.listen(softphone.peerConnection(current.id)));
  worker.on('callended', ({ phoneCallId }) => current?.id === phoneCallId && void stop());
  worker.on('callrecorded', ({ callId, phoneCallId }) => {
    const key = finished.get(phoneCallId);
    finished.delete(phoneCallId);
    if (!key || !callId) return;
    store.finish(key, callId).then(() => attach.one(key)).catch(trouble('the record is not attached'));
  });
  attach.rest(KEPT_MS).catch(trouble('earlier records are not attached'));
}
