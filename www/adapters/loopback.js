// A softphone without a SIP server. Both ends of a call live in this page, joined by a real
// RTCPeerConnection pair with generated audio both ways. Who calls whom comes from a network (the
// simulator's customer's phone, over a WebSocket) or from `softphone.remote`.

/** @type {import('./loopback.js').default} */
export default function loopback(options = {}) {
  return new Loopback(options);
}

/** The first pause before the network is tried again, and the longest, in ms. */
const RECONNECT = { first: 500, last: 30_000 };
const TONE = { duration: 100, gap: 70 };

class Loopback {
  #calls = new Map();
  #options;
  #network;
  #emit = () => {};
  problems = [];

  constructor(options) {
    this.#options = options;
  }

  // ---- what the worker asks

  start(emit) {
    this.#emit = emit;
    const heard = (message) => this.#hear(message);
    const state = (registered) => emit({ type: registered ? 'registered' : 'unregistered' });
    this.#network = this.#options.network
      ? new Network(this.#options, heard, state, (problem) => this.#problem(problem))
      : new FarEnd(this.#options, heard, state);
    this.#network.open();
  }

  dial(callId, number) {
    this.#add(callId, false);
    this.#network.send({ type: 'invite', call: callId, to: number });
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

  stop() {
    for (const callId of [...this.#calls.keys()]) this.hangUp(callId);
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
    this.#calls.set(id, { id, incoming, media: undefined, up: false });
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

/** The telephone network, over a WebSocket that is opened again whenever it closes. */
class Network {
  #options;
  #hear;
  #state;
  #problem;
  #socket;
  #tries = 0;
  #timer;
  #closed = false;

  constructor(options, hear, state, problem) {
    this.#options = options;
    this.#hear = hear;
    this.#state = state;
    this.#problem = problem;
  }

  open() {
    const socket = new WebSocket(this.#options.network);
    this.#socket = socket;
    socket.onopen = () => this.send({ type: 'register', line: this.#options.line });
    socket.onmessage = ({ data }) => this.#take(data);
    // `error` is always followed by `close`.
    socket.onclose = () => this.#again();
  }

  send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  #take(data) {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      return this.#problem({ code: 'MALFORMED', message: 'the network sent something that is not JSON' });
    }
    if (message?.type === 'registered') {
      this.#tries = 0;
      this.#state(true);
    } else if (message && typeof message === 'object') {
      this.#hear(message);
    }
  }

  #again() {
    if (this.#closed) return;
    if (this.#tries === 0) this.#state(false);
    const longest = Math.min(RECONNECT.last, RECONNECT.first * 2 ** this.#tries++);
    this.#timer = setTimeout(() => this.open(), longest * (0.5 + Math.random() / 2));
  }
}

/** The far end, where there is no network: played here. */
class FarEnd {
  #options;
  #hear;
  #state;
  #call;
  #timer;
  #made = 0;
  digits = '';

  constructor(options, hear, state) {
    this.#options = options;
    this.#hear = hear;
    this.#state = state;
  }

  open() {
    this.#state(true);
  }

  close() {
    clearTimeout(this.#timer);
  }

  call(number, displayName) {
    this.#call = `far-end-${++this.#made}`;
    this.digits = '';
    this.#hear({ type: 'invite', call: this.#call, from: number, displayName, line: this.#options.line });
    return this.#call;
  }

  answer() {
    clearTimeout(this.#timer);
    this.#hear({ type: 'answer', call: this.#call });
  }

  decline(status = 603) {
    clearTimeout(this.#timer);
    this.#hear({ type: 'decline', call: this.#call, status });
  }

  hangUp() {
    clearTimeout(this.#timer);
    this.#hear({ type: 'bye', call: this.#call });
  }

  send(message) {
    switch (message.type) {
      case 'invite':
        this.#call = message.call;
        this.digits = '';
        this.#timer = setTimeout(() => {
          this.#hear({ type: 'ringing', call: message.call });
          this.#timer = setTimeout(() => this.answer(), this.#options.answerAfterMs ?? 1200);
        });
        break;
      case 'dtmf':
        this.digits += message.tone;
        break;
      case 'bye':
      case 'decline':
        clearTimeout(this.#timer);
        break;
    }
  }
}

/** Both ends of a call's media. */
class Media {
  operator = new RTCPeerConnection();
  customer = new RTCPeerConnection();
  #on;
  #sounds;
  #speaker = new Audio();
  #transceiver;
  #negotiation = Promise.resolve();
  #close;
  #closed = new Promise((resolve) => (this.#close = resolve));

  constructor(on) {
    this.#on = on;
  }

  get live() {
    return [this.operator, this.customer].filter((end) => end.signalingState !== 'closed').length;
  }

  /** Resolves when the two ends are connected, or closed. */
  async connect() {
    const { operator, customer } = this;
    const sounds = await makeSounds(this.#on.problem);
    if (operator.signalingState === 'closed') return sounds.stop(); // it ended meanwhile
    this.#sounds = sounds;
    const [voice, music] = this.#sounds.tracks;
    this.#transceiver = operator.addTransceiver(voice, { direction: 'sendrecv', streams: [new MediaStream([voice])] });
    customer.addTrack(music, new MediaStream([music]));
    operator.ontrack = ({ track }) => this.#play(track);
    this.#transceiver.sender.dtmf?.addEventListener('tonechange', ({ tone }) => tone && this.#on.toneSent(tone));
    for (const [end, other] of [[operator, customer], [customer, operator]]) {
      // A candidate for an end that was closed meanwhile is of no use to anybody.
      end.onicecandidate = ({ candidate }) => void (candidate && other.addIceCandidate(candidate).catch(() => {}));
    }
    const connected = new Promise((resolve, reject) => {
      operator.onconnectionstatechange = () => {
        if (operator.connectionState === 'connected') resolve();
        if (operator.connectionState === 'failed') {
          reject(Object.assign(new Error('the two ends found no way to each other'), { code: 'ICE_FAILED' }));
          this.#on.failed();
        }
      };
    });
    await this.#negotiate();
    await Promise.race([connected, this.#closed]);
  }

  setMuted(muted) {
    if (this.#sounds) this.#sounds.tracks[0].enabled = !muted;
  }

  /** A new offer and answer, as a re-INVITE would carry them: nothing flows while held. */
  setHeld(held) {
    this.#transceiver.direction = held ? 'inactive' : 'sendrecv';
    return this.#negotiate();
  }

  /** Tones queue up at the sender: a new one must not cut off those before it. */
  sendDtmf(tone) {
    const { dtmf } = this.#transceiver.sender;
    if (!dtmf?.canInsertDTMF) {
      return this.#on.problem({ code: 'DTMF_UNSUPPORTED', message: 'the call carries no telephone events' });
    }
    dtmf.insertDTMF(dtmf.toneBuffer + tone, TONE.duration, TONE.gap);
  }

  close() {
    this.operator.close();
    this.customer.close();
    this.#sounds?.stop();
    this.#speaker.srcObject = null;
    this.#close();
  }

  /** One offer and answer after the other. What a closed end was asked for never settles. */
  #negotiate() {
    const { operator, customer } = this;
    const next = this.#negotiation.then(async () => {
      await operator.setLocalDescription();
      await customer.setRemoteDescription(operator.localDescription);
      await customer.setLocalDescription();
      await operator.setRemoteDescription(customer.localDescription);
    });
    // A call that ends in the middle of it: that is no fault.
    const settled = next.catch((error) => {
      if (operator.signalingState !== 'closed') throw error;
    });
    this.#negotiation = settled.catch(() => {});
    return Promise.race([settled, this.#closed]);
  }

  #play(track) {
    this.#speaker.srcObject = new MediaStream([track]);
    this.#speaker.play().catch((error) => {
      if (error.name === 'NotAllowedError') {
        this.#on.problem({ code: 'AUTOPLAY_BLOCKED', message: 'the browser plays no sound before the operator has clicked on the page' });
      }
    });
  }
}

/** A phrase for each end, so that one can hear who is who: notes in Hz, a beat each. */
const PHRASES = [
  [262, 330, 392, 330],
  [523, 494, 440, 392, 440, 494, 523, 0],
];
const BEAT_S = 0.3;

/** The two ends' sounds: a microphone neither needs nor asks for. */
async function makeSounds(problem) {
  const context = new AudioContext();
  // Without a click on the page this promise waits for one; the call must not.
  const resumed = context.resume().then(() => true);
  const soon = new Promise((resolve) => setTimeout(() => resolve(false), 1000));
  if (context.state !== 'running' && !(await Promise.race([resumed, soon]))) {
    problem({ code: 'AUTOPLAY_BLOCKED', message: 'the browser makes no sound before the operator has clicked on the page' });
  }
  const tracks = PHRASES.map((notes) => {
    const source = new AudioBufferSourceNode(context, { buffer: phrase(context, notes), loop: true });
    const out = context.createMediaStreamDestination();
    source.connect(out);
    source.start();
    return out.stream.getAudioTracks()[0];
  });
  return {
    tracks,
    stop() {
      for (const track of tracks) track.stop();
      void context.close();
    },
  };
}

function phrase(context, notes) {
  const beat = Math.round(BEAT_S * context.sampleRate);
  const buffer = context.createBuffer(1, beat * notes.length, context.sampleRate);
  const samples = buffer.getChannelData(0);
  for (let i = 0; i < samples.length; i++) {
    const seconds = (i % beat) / context.sampleRate;
    // A note swells and fades within its beat, so that it does not click.
    const swell = Math.sin((Math.PI * seconds) / BEAT_S) ** 2;
    samples[i] = 0.2 * swell * Math.sin(2 * Math.PI * notes[Math.floor(i / beat)] * seconds);
  }
  return buffer;
}
