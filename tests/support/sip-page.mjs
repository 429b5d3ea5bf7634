// What the stories do in the pages of their softphones. Each function stands for itself: its text is sent to the page.

export async function openPhone({ adapter, settings, hurry }) {
  // Timers that run `hurry` times as fast: a minute's outage in seconds.
  for (const name of hurry > 1 ? ['setTimeout', 'setInterval'] : []) {
    const native = globalThis[name];
    globalThis[name] = (task, ms, ...rest) => native(task, ms / hurry, ...rest);
  }
  const made = [];
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(...args) {
      super(...args);
      made.push(this);
    }
  };
  globalThis.livePeerConnections = () => made.filter((it) => it.signalingState !== 'closed').length;
  const { default: make } = await import(`/adapters/${adapter}.js`);
  globalThis.told = [];
  globalThis.reports = [];
  globalThis.softphone = await make(settings, {
    report: (problem) => reports.push({ code: problem.code, message: problem.message }),
    confirmTransfer: (to) => globalThis.confirms?.(to),
  });
  const dial = softphone.dial.bind(softphone);
  softphone.dial = (callId, ...rest) => {
    microphones.heed({ type: 'dial', callId });
    return dial(callId, ...rest);
  };
  await softphone.start((event) => {
    microphones.heed(event);
    told.push(event);
  });
}

export async function openHubPhone(settings) {
  const before = globalThis.livePeerConnections ?? (() => 0);
  const made = [];
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(...args) {
      super(...args);
      made.push(this);
    }
  };
  globalThis.livePeerConnections = () => before() + made.filter((it) => it.signalingState !== 'closed').length;
  const { HubPage } = await import('/hub/page.js');
  globalThis.hub = new HubPage(settings, (event) => microphones.heed(event));
  globalThis.softphone = hub.softphone;
}

// Listens to whatever comes out of this page's connections, in the audio thread: what the main thread does,
// or misses, does not count.
export async function gaugeSilence() {
  const context = new AudioContext();
  const processor = `registerProcessor('gauge', class extends AudioWorkletProcessor {
    heard = 0; silence = 0;
    constructor() { super(); this.port.onmessage = () => { this.heard = currentTime; this.silence = 0; this.first = true; }; }
    process([[samples]]) {
      let loudest = 0;
      for (const sample of samples ?? []) loudest = Math.max(loudest, Math.abs(sample));
      if (loudest > 0.01) {
        this.silence = Math.max(this.silence, currentTime - this.heard);
        this.heard = currentTime;
      }
      if (loudest > 0.01 || currentTime - (this.said ?? 0) > 0.05) {
        this.said = currentTime;
        this.port.postMessage({ loud: loudest > 0.01, silence: Math.max(this.silence, currentTime - this.heard) * 1000 });
      }
      return true;
    }
  })`;
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([processor], { type: 'text/javascript' })));
  const gauge = new AudioWorkletNode(context, 'gauge', { numberOfOutputs: 0 });
  let now = {};
  gauge.port.onmessage = ({ data: { loud, silence } }) => {
    now.silence = silence;
    if (!loud) return;
    now.last = Date.now();
    now.began ??= now.last;
  };
  globalThis.heeds = () => {
    now = {};
    gauge.port.postMessage(null);
  };
  globalThis.gauged = () => now;
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(...args) {
      super(...args);
      this.addEventListener('track', ({ track }) => context.createMediaStreamSource(new MediaStream([track])).connect(gauge));
    }
  };
}

// Reads telephone events (RFC 4733) where they come out of RTP: sound made of them, and heard again,
// loses tones on a busy machine. An event counts once, by its end, and where it was long enough for an
// exchange to take it for a key: 40 ms (ITU-T Q.24).
export function growEar() {
  globalThis.heardTones = '';
  globalThis.toneRates = new Set();
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(config, ...more) {
      super({ ...config, encodedInsertableStreams: true }, ...more);
      this.addEventListener('signalingstatechange', () => {
        for (const end of [...this.getSenders(), ...this.getReceivers()]) pipe(end);
      });
    }
  };
  // What is sent goes through a stream, too, or it would not go at all.
  const piped = new WeakSet();
  function pipe(end) {
    if (piped.has(end)) return;
    piped.add(end);
    const { readable, writable } = end.createEncodedStreams();
    const transform = (frame, out) => {
      if (end instanceof RTCRtpReceiver) hear(frame, end);
      out.enqueue(frame);
    };
    void readable.pipeThrough(new TransformStream({ transform })).pipeTo(writable);
  }
  const over = new Set();
  function hear(frame, receiver) {
    const { mimeType, rtpTimestamp: begin, payloadType } = frame.getMetadata();
    if (mimeType !== 'audio/telephone-event') return;
    const event = new DataView(frame.data);
    const ends = event.getUint8(1) & 0x80;
    if (!ends || over.has(begin)) return;
    over.add(begin);
    const { clockRate } = receiver.getParameters().codecs.find((codec) => codec.payloadType === payloadType);
    toneRates.add(clockRate);
    if (event.getUint16(2) / clockRate >= 0.04) globalThis.heardTones += '0123456789*#ABCD'[event.getUint8(0)];
  }
}

export async function audioOf(callId) {
  const stats = await softphone.peerConnection(callId)?.getStats();
  if (!stats) return undefined;
  const flow = { at: performance.now(), sent: { packets: 0, energy: 0 }, received: { packets: 0, energy: 0 } };
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

/**
 * Counts the page's microphones: how many were opened, how many are open, and how long after the end of its last call
 * the last of them was let go (`longest`, in ms), by clocks that no story hurries. `waited` is as much of that as the
 * page could have done something in: a busy machine gives it no turn for seconds.
 */
export function countMicrophones() {
  if (globalThis.microphones) return;
  const open = new Set();
  const calls = new Set();
  let since;
  const TURN_MS = 20;
  const turns = new MessageChannel(); // which no frame is throttled in
  turns.port1.onmessage = () => {
    if (!since) return;
    const now = performance.now();
    since.waited += Math.min(now - since.last, TURN_MS);
    since.last = now;
    turns.port2.postMessage(null);
  };
  const count = (globalThis.microphones = {
    opened: 0,
    longest: 0,
    waited: 0,
    get open() {
      return open.size;
    },
    /** What a softphone tells, and that it is asked to dial. */
    heed({ type, callId }) {
      if (!callId) return;
      if (type !== 'ended') {
        calls.add(callId);
        since = undefined;
      } else if (calls.delete(callId) && calls.size === 0 && open.size > 0) {
        const at = performance.now();
        since = { at, last: at, waited: 0 };
        turns.port2.postMessage(null);
      }
    },
  });
  const { stop } = MediaStreamTrack.prototype;
  MediaStreamTrack.prototype.stop = function () {
    stop.call(this);
    if (!open.delete(this) || open.size > 0 || since === undefined) return;
    count.longest = Math.max(count.longest, performance.now() - since.at);
    count.waited = Math.max(count.waited, since.waited);
    since = undefined;
  };
  const ask = navigator.mediaDevices?.getUserMedia;
  if (!ask) return;
  navigator.mediaDevices.getUserMedia = async function (...args) {
    const stream = await ask.apply(this, args);
    for (const track of stream.getTracks()) {
      count.opened++;
      open.add(track);
    }
    return stream;
  };
}
