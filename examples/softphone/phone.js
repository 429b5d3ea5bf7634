// A softphone over signalling of one's own: signals.js says what is wanted of a call, sound.js is the WebRTC.

import { Signals } from '/signals.js';
import { Sound } from '/sound.js';

export class WebPhone {
  /** The calls that are not over: whatever is not in here gets no events and no answers. */
  #calls = new Map();
  #options;
  #emit;
  #signals;

  constructor({ line, iceServers }) {
    this.#options = { line, iceServers };
  }

  // ---- what the worker asks

  start(emit) {
    this.#emit = emit;
    this.#signals = new Signals(this.#options.line, {
      up: () => emit({ type: 'registered' }),
      down: () => {
        // The server has hung up for us, as it does for whoever is gone: the calls are over here, too.
        const text = 'the signalling server can\'t be reached';
        for (const callId of [...this.#calls.keys()]) this.#end(callId, { by: 'error', code: 'UNREGISTERED', text });
        emit({ type: 'unregistered', text });
      },
      heard: (message) => this.#hear(message),
    });
  }

  stop() {
    for (const callId of [...this.#calls.keys()]) this.hangUp(callId);
    this.#signals.close();
  }

  dial(callId, number) {
    this.#calls.set(callId, {});
    this.#signals.say('ring', callId, { to: number });
  }

  answer = (callId) => this.#talk(callId);
  reject = (callId, status) => this.#leave(callId, { by: 'local' }, status);
  hangUp = (callId) => this.#leave(callId, { by: 'local' });
  sendDtmf = (callId, tone) => this.#calls.get(callId)?.sound?.sendDtmf(tone);
  peerConnection = (callId) => this.#calls.get(callId)?.sound?.connection;

  setMuted(callId, muted) {
    const { sound } = this.#calls.get(callId) ?? {};
    if (!sound) return;
    sound.setMuted(muted);
    this.#emit({ type: 'muted', callId, muted });
  }

  async setHeld(callId, held) {
    const { sound } = this.#calls.get(callId) ?? {};
    if (!sound) return;
    await sound.setHeld(held);
    if (this.#calls.has(callId)) this.#emit({ type: 'held', callId, held, by: 'local' }); // it may have ended meanwhile
  }

  // ---- what the far end says

  #hear({ type, call: callId, from, status, ...media }) {
    if (type === 'ring' && !this.#calls.has(callId)) {
      this.#calls.set(callId, {});
      this.#signals.say('ringing', callId);
      return this.#emit({ type: 'incoming', callId, number: from, line: this.#options.line });
    }
    const call = this.#calls.get(callId);
    if (!call) return;
    if (type === 'ringing') this.#emit({ type: 'progress', callId });
    if (type === 'answer') this.#talk(callId);
    if (type === 'media') call.sound?.hear(media).catch((error) => this.#fail(callId, error));
    if (type === 'bye') this.#end(callId, call.up ? { by: 'remote' } : { by: 'remote', status: status ?? 487 });
  }

  /** One side has answered: the sound begins. */
  async #talk(callId) {
    const call = this.#calls.get(callId);
    if (!call || call.sound) return;
    call.sound = new Sound(this.#options.iceServers, {
      say: (media) => this.#signals.say('media', callId, media),
      flows: (flowing) => {
        this.#emit(call.up ? { type: 'media', callId, flowing } : { type: 'connected', callId });
        call.up = true;
      },
      failed: (error) => this.#fail(callId, error),
    });
    await call.sound.open().catch((error) => this.#fail(callId, error));
  }

  // ---- how calls end

  #fail = (callId, { code, message }) => this.#leave(callId, { by: 'error', code, text: message }, 480);

  #leave(callId, cause, status) {
    if (this.#calls.has(callId)) this.#signals.say('bye', callId, { status });
    this.#end(callId, cause);
  }

  /** The only place where a call ends: so it ends once. */
  #end(callId, cause) {
    const call = this.#calls.get(callId);
    if (!this.#calls.delete(callId)) return;
    call.sound?.close();
    this.#emit({ type: 'ended', callId, cause });
  }
}
