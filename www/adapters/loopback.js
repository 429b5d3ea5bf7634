// A softphone without a SIP server. Both ends of a call live in this page, joined by a real
// RTCPeerConnection pair with generated audio both ways. Who calls whom comes from a network (the
// simulator's customer's phone, over a WebSocket) or from `softphone.remote`. A call of the network goes on
// in another page: the far end's half of the media is made anew there, too.

import { Media } from './loopback/media.js';
import { FarEnd, Network } from './loopback/network.js';

/** @type {import('./loopback.js').default} */
export default function loopback(options = {}) {
  return new Loopback(options);
}

class Loopback {
  #calls = new Map();
  #options;
  #network;
  #emit = () => {};
  problems = [];

  constructor(options) {
    this.#options = options;
    // A far end that is played here is gone with this page.
    if (!options.network || options.takesUp === false) this.takeUp = undefined;
  }

  // ---- what the worker asks

  start(emit) {
    this.#emit = emit;
    const heard = (message) => this.#hear(message);
    const state = (registered) => {
      emit({ type: registered ? 'registered' : 'unregistered' });
      if (registered && this.takeUp) for (const call of this.#calls.values()) this.#claim(call);
    };
    this.#network = this.#options.network
      ? new Network(this.#options, heard, state, (problem) => this.#problem(problem))
      : new FarEnd(this.#options, heard, state);
    this.#network.open();
  }

  dial(callId, number) {
    this.#add(callId, false);
    if (this.#network.send({ type: 'invite', call: callId, to: number })) return;
    this.#end(callId, { by: 'error', code: 'UNREGISTERED', text: 'the telephone network can\'t be reached' });
  }

  async answer(callId) {
    const call = this.#calls.get(callId);
    if (!call || call.media) return;
    await this.#connect(call);
    this.#network.send({ type: 'answer', call: callId });
  }

  reject(callId, status) {
    if (!this.#calls.has(callId)) return;
    this.#network.send({ type: 'decline', call: callId, status });
    this.#end(callId, { by: 'local' });
  }

  hangUp(callId) {
    if (!this.#calls.has(callId)) return;
    this.#network.send({ type: 'bye', call: callId });
    this.#end(callId, { by: 'local' });
  }

  setMuted(callId, muted) {
    const call = this.#calls.get(callId);
    if (!call?.media) return;
    call.media.setMuted(muted);
    this.#network.send({ type: 'mute', call: callId, muted });
    this.#emit({ type: 'muted', callId, muted });
  }

  async setHeld(callId, held) {
    const call = this.#calls.get(callId);
    if (!call?.media) return;
    await call.media.setHeld(held);
    if (!this.#calls.has(callId)) return; // it ended meanwhile
    this.#network.send({ type: 'hold', call: callId, held });
    this.#emit({ type: 'held', callId, held, by: 'local' });
  }

  sendDtmf(callId, tone) {
    this.#calls.get(callId)?.media?.sendDtmf(tone);
  }

  snapshot(callId) {
    const call = this.#calls.get(callId);
    if (!call?.up) return undefined;
    const { muted, held } = call.media ?? call.kept;
    return { callId, incoming: call.incoming, muted, held };
  }

  /** Calls of another page. The network has kept them for a while; what it says of each comes to `#hear`. */
  async takeUp(snapshots) {
    for (const kept of snapshots) {
      if (this.#calls.has(kept.callId)) continue;
      const call = this.#add(kept.callId, kept.incoming);
      Object.assign(call, { up: true, kept });
      this.#claim(call);
    }
  }

  stop() {
    for (const [callId, call] of [...this.#calls]) {
      if (!this.takeUp || !call.up) this.hangUp(callId);
      else call.media?.close(); // another page takes it up
    }
    this.#calls.clear();
    this.#network?.close();
  }

  // ---- what tests and demos look at

  peerConnection(callId) {
    return this.#calls.get(callId)?.media?.operator;
  }

  async audio(callId) {
    const stats = await this.peerConnection(callId)?.getStats();
    if (!stats) return undefined;
    const flow = { sent: { packets: 0, energy: 0 }, received: { packets: 0, energy: 0 } };
    for (const stat of stats.values()) {
      if (stat.kind !== 'audio') continue;
      if (stat.type === 'outbound-rtp') flow.sent.packets += stat.packetsSent;
      if (stat.type === 'media-source') flow.sent.energy += stat.totalAudioEnergy ?? 0;
      if (stat.type === 'inbound-rtp') {
        flow.received.packets += stat.packetsReceived;
        flow.received.energy += stat.totalAudioEnergy ?? 0;
      }
    }
    return flow;
  }

  get live() {
    return [...this.#calls.values()].reduce((sum, call) => sum + (call.media?.live ?? 0), 0);
  }

  get remote() {
    return this.#network;
  }

  // ---- what the network says

  #hear(message) {
    const callId = typeof message.call === 'string' && message.call ? message.call : undefined;
    if (!callId) return;
    if (message.type === 'invite') return this.#ring(callId, message);
    const call = this.#calls.get(callId);
    if (!call) return;
    switch (message.type) {
      case 'ringing':
        return void (!call.incoming && this.#emit({ type: 'progress', callId }));
      case 'answer':
        return void (!call.incoming && !call.media && this.#connect(call).catch((error) => this.#fail(call, error)));
      case 'takenUp':
        return void (!call.media && this.#goOn(call).catch((error) => this.#fail(call, error)));
      case 'decline':
        return this.#end(callId, { by: 'remote', status: message.status ?? 603 });
      case 'bye':
        return this.#end(callId, call.up ? { by: 'remote' } : { by: 'remote', status: 487 });
    }
  }

  #ring(callId, { from, displayName, line }) {
    if (this.#calls.has(callId)) return;
    this.#add(callId, true);
    this.#network.send({ type: 'ringing', call: callId });
    this.#emit({ type: 'incoming', callId, number: from, displayName, line: line ?? this.#options.line });
  }

  #add(id, incoming) {
    const call = { id, incoming, media: undefined, up: false };
    this.#calls.set(id, call);
    return call;
  }

  /** Said once there is a network: it may still be on its way. */
  #claim(call) {
    if (call.up) this.#network.send({ type: 'takeUp', call: call.id });
  }

  /** The call was taken up; it is as it was. */
  async #goOn(call) {
    const { id: callId, kept: { muted, held } } = call;
    await this.#connect(call);
    if (!this.#calls.has(callId)) return;
    call.media.setMuted(muted);
    this.#emit({ type: 'muted', callId, muted });
    if (held) await call.media.setHeld(true);
    if (this.#calls.has(callId)) this.#emit({ type: 'held', callId, held, by: 'local' });
  }

  async #connect(call) {
    call.media = new Media({
      toneSent: (tone) => this.#network.send({ type: 'dtmf', call: call.id, tone }),
      failed: () => this.#fail(call, Object.assign(new Error('the connection was lost'), { code: 'ICE_FAILED' })),
      problem: (problem) => this.#problem(problem),
    });
    await call.media.connect();
    if (!this.#calls.has(call.id)) return; // it ended meanwhile
    call.up = true;
    this.#emit({ type: 'connected', callId: call.id });
  }

  #fail(call, error) {
    if (!this.#calls.has(call.id)) return;
    this.#network.send({ type: 'bye', call: call.id });
    this.#end(call.id, { by: 'error', code: error.code ?? 'MEDIA', text: error.message });
  }

  /** The only place where a call ends: so it ends once. */
  #end(callId, cause) {
    const call = this.#calls.get(callId);
    if (!call) return;
    this.#calls.delete(callId);
    call.media?.close();
    this.#emit({ type: 'ended', callId, cause });
  }

  #problem({ code, message }) {
    if (this.problems.length < 20) this.problems.push({ code, message });
    console.warn(`[loopback] ${code}: ${message}`);
  }
}
