// The tone by which both sides hear that they are recorded: a beep now and then, mixed into what the far end hears of us.
// 1400 Hz, 0.2 s, as telephone exchanges make it.

const PITCH = 1400;
const LENGTH_S = 0.2;
const VOLUME = 0.1;

export class Consent {
  #every;
  #held;
  #context;
  #timer;
  #gain;
  /** The sender with the tone in it, the microphone it had, and both together. */
  #mixed;

  /**
   * @param {number} everySeconds
   * @param {() => boolean} held whoever is on hold hears nothing of us
   */
  constructor(everySeconds, held) {
    this.#every = everySeconds;
    this.#held = held;
  }

  /** Asked again each second: a call may take another microphone, or another connection. */
  async speak(connection) {
    const sender = connection?.getSenders().find(({ track }) => track?.kind === 'audio' && track.readyState === 'live');
    if (!sender || sender.track === this.#mixed?.track) return;
    this.#begin();
    const out = this.#context.createMediaStreamDestination();
    this.#context.createMediaStreamSource(new MediaStream([sender.track])).connect(out);
    this.#gain.disconnect();
    this.#gain.connect(out);
    this.#gain.connect(this.#context.destination); // the operator hears it, too
    const [track] = out.stream.getAudioTracks();
    this.#mixed = { sender, microphone: sender.track, track };
    await sender.replaceTrack(track);
  }

  #begin() {
    if (this.#context) return;
    this.#context = new AudioContext();
    this.#gain = this.#context.createGain();
    this.#gain.gain.value = VOLUME;
    const beep = () => {
      if (this.#held()) return;
      const oscillator = this.#context.createOscillator();
      oscillator.frequency.value = PITCH;
      oscillator.connect(this.#gain);
      oscillator.start();
      oscillator.stop(this.#context.currentTime + LENGTH_S);
    };
    beep();
    this.#timer = setInterval(beep, this.#every * 1000);
  }

  /** The far end hears the microphone alone again. */
  async stop() {
    clearInterval(this.#timer);
    const { sender, microphone, track } = this.#mixed ?? {};
    if (sender?.track === track) await sender?.replaceTrack(microphone).catch(() => {});
    track?.stop();
    await this.#context?.close();
    this.#mixed = this.#context = undefined;
  }
}
