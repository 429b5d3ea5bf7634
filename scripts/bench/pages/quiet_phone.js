// A softphone without sound, on the simulator's telephone network: it does at once what it is told, so that what is measured
// is the worker around it.

import { Network } from '../../../www/adapters/loopback/network.js';

/** @type {import('../../../www/softphone.d.ts').SoftphoneFactory} */
export default (options) => new QuietPhone(options);

class QuietPhone {
  #options;
  #network;
  #emit;

  constructor(options) {
    this.#options = { ...options, takesUp: false };
  }

  start(emit) {
    this.#emit = emit;
    const state = (registered) => emit({ type: registered ? 'registered' : 'unregistered' });
    this.#network = new Network(this.#options, (message) => this.#hear(message), state, console.warn);
    this.#network.open();
  }

  dial(call, to) {
    this.#network.send({ type: 'invite', call, to });
  }

  answer(call) {
    globalThis.toldAt = performance.timeOrigin + performance.now();
    this.#network.send({ type: 'answer', call });
    this.#emit({ type: 'connected', callId: call });
  }

  reject(call, status) {
    this.#network.send({ type: 'decline', call, status });
    this.#emit({ type: 'ended', callId: call, cause: { by: 'local' } });
  }

  hangUp(call) {
    this.#network.send({ type: 'bye', call });
    this.#emit({ type: 'ended', callId: call, cause: { by: 'local' } });
  }

  setMuted(callId, muted) {
    this.#emit({ type: 'muted', callId, muted });
  }

  setHeld(callId, held) {
    this.#emit({ type: 'held', callId, held, by: 'local' });
  }

  sendDtmf() {}

  stop() {
    this.#network.close();
  }

  #hear({ type, call: callId, from, displayName, line }) {
    if (type === 'invite') {
      globalThis.rangAt = performance.timeOrigin + performance.now();
      this.#network.send({ type: 'ringing', call: callId });
      this.#emit({ type: 'incoming', callId, number: from, displayName, line: line ?? this.#options.line });
    } else if (type === 'bye' || type === 'decline') {
      this.#emit({ type: 'ended', callId, cause: { by: 'remote', status: 487 } });
    } else if (type === 'answer') {
      this.#emit({ type: 'connected', callId });
    }
  }
}
