// The sound of a call, whose two ends are both in this page.

const TONE = { duration: 100, gap: 70 };

/** Both ends of a call's media. */
export class Media {
  operator = new RTCPeerConnection();
  customer = new RTCPeerConnection();
  muted = false;
  held = false;
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
    this.muted = muted;
    if (this.#sounds) this.#sounds.tracks[0].enabled = !muted;
  }

  /** A new offer and answer, as a re-INVITE would carry them: nothing flows while held. */
  setHeld(held) {
    this.held = held;
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
