// Records calls, both directions mixed into one wav, and attaches each record to its call on the
// portal after `finish`. Off unless it is asked for: tell the people who are recorded.
//
// Sound goes to the browser's disk second by second, so memory does not grow with the call, and a
// record whose page was closed is attached by the next page.

import { operator } from '../media/operator.js';
import { Attachment } from './attach.js';
import { Consent } from './consent.js';
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
export async function record(worker, softphone, { report = () => {}, sampleRate = 8000, maxMinutes = 120, toneSeconds = 0, owner } = {}) {
  const fail = (message) => {
    throw Object.assign(new Error(message), { code: 'RECORDING' });
  };
  if (typeof softphone.peerConnection !== 'function') fail('this softphone has no peerConnection(callId): there is nothing to record from');
  const whose = async () => owner ?? ((await operator()) || fail('there is no portal to say whose records these are: name the owner'));
  // A call may come before the portal has said whose it is: what it says meanwhile waits.
  const opening = whose().then(openStore);
  opening.catch(() => {}); // told at the end
  const store = (act) => opening.then(act);
  const attaching = opening.then((it) => new Attachment(it, report));
  attaching.catch(() => {});
  const most = sampleRate * 2 * 60 * maxMinutes;
  const trouble = (what) => (error) => report({ code: 'RECORDING', message: `${what}: ${error?.message ?? error}` });
  let current;
  let paused = false;
  const finished = new Map();

  const begin = (id) => {
    const key = crypto.randomUUID();
    let bytes = 0;
    const take = (chunk, rate) => {
      if (paused || bytes >= most) return;
      bytes += chunk.byteLength;
      store((it) => it.append(key, chunk, rate)).catch(trouble('the record can\'t be stored'));
    };
    const startedAt = Date.now();
    void store((it) => it.begin(key, { phoneCallId: id, startedAt })).catch(trouble('the call is not recorded'));
    const silent = () => trouble('the call is not recorded')('the browser keeps its sound back until somebody clicks on the page');
    const tapped = tap(sampleRate, take, silent);
    tapped.then(listen).catch(trouble('the call is not recorded'));
    return { id, key, tapped, consent: toneSeconds ? new Consent(toneSeconds, () => !!worker.call?.held) : undefined };
  };

  // Tracks change when a microphone is unplugged or the call is transferred: looked at each second.
  const listen = async () => {
    const recording = current;
    const its = await recording?.tapped.catch(() => null);
    if (!recording || recording !== current) return;
    const connection = softphone.peerConnection(recording.id);
    await recording.consent?.speak(connection).catch(trouble('the tone of the recording is not heard'));
    await its?.listen(connection);
  };

  const stop = () => {
    const { id, key, tapped, consent } = current;
    current = undefined;
    paused = false;
    void consent?.stop();
    // Its last second is still on the way from the audio thread.
    const stored = tapped.then((its) => its.close()).catch(() => {});
    finished.set(id, { key, stored });
  };

  const heed = (call) => {
    if (current && current.id !== call?.phoneCallId) stop();
    // The tab with the seat has the sound.
    if (!current && call?.state === 'connected' && worker.hasSeat !== false) current = begin(call.phoneCallId);
  };
  worker.on('callchanged', ({ call }) => heed(call));
  worker.on('quality', () => void listen().catch(trouble('the call is not recorded')));
  worker.on('callended', ({ phoneCallId }) => current?.id === phoneCallId && stop());
  worker.on('callrecorded', async ({ callId, phoneCallId }) => {
    const { key, stored } = finished.get(phoneCallId) ?? {};
    finished.delete(phoneCallId);
    if (!key || !callId) return;
    try {
      await stored;
      await store((it) => it.finish(key, callId));
      await (await attaching).one(key);
    } catch (error) {
      trouble('the record is not attached')(error);
    }
  });
  heed(worker.call);
  const attach = await attaching;
  attach.rest(KEPT_MS).catch(trouble('earlier records are not attached'));
  return {
    pause: () => void (paused = !!current),
    resume: () => void (paused = false),
    get paused() {
      return paused;
    },
  };
}
