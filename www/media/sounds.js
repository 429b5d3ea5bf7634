// What the operator hears of a call that is not answered yet: a ringtone, a softer one during another call, and
// the tone of a phone that rings at the far end. Made here, so that nothing is loaded; a ringtone of one's own is
// an address.

import { problem } from '../adapters/lib/problem.js';
import { playBy } from './speaker.js';

/** Pitches in Hz, and how long they sound and are silent, in seconds. */
const SOUNDS = {
  ringing: { pitches: [440, 480], on: 1, off: 2, volume: 0.2 },
  waiting: { pitches: [440], on: 0.15, off: 4, volume: 0.05 },
  ringback: { pitches: [425], on: 1, off: 4, volume: 0.05 },
};
const GESTURES = ['pointerdown', 'keydown'];

export class Sounds {
  #context;
  #stop = () => {};
  #now;
  #blocked;
  #told = false;
  #retry = () => {};
  #device = '';

  /** @param {(error: Error) => void} blocked told once when the browser refuses to play */
  constructor(blocked) {
    this.#blocked = blocked;
  }

  /** @param {{ name: keyof typeof SOUNDS, address?: string } | undefined} sound nothing for silence */
  play(sound) {
    if (sound?.name === this.#now) return;
    this.#now = sound?.name;
    this.#stop();
    this.#stop = () => {};
    if (sound) this.#start(sound);
  }

  /** The operator has clicked somewhere. */
  again() {
    this.#retry();
  }

  /** Sounds by this speaker; rejects where that can't be. */
  async by(deviceId) {
    this.#device = deviceId;
    if (this.#context) await playBy(this.#context, deviceId);
  }

  #start(sound) {
    this.#stop();
    const over = new AbortController();
    const settle = () => {
      over.abort();
      this.#retry = () => {};
    };
    // Until it is heard, each click may be the one that allows it.
    const waits = () => {
      this.#retry = () => this.#start(sound);
      for (const gesture of GESTURES) addEventListener(gesture, this.#retry, { signal: over.signal });
    };
    const refused = () => {
      if (!this.#told) this.#blocked(problem('AUTOPLAY_BLOCKED', 'the browser plays no sound before the operator has clicked on the page'));
      this.#told = true;
    };
    const on = { waits, refused, heard: settle };
    const stop = sound.address ? this.#file(sound.address, on) : this.#tone(SOUNDS[sound.name], on);
    this.#stop = () => {
      settle();
      stop();
    };
  }

  #file(address, { waits, refused }) {
    const audio = new Audio(address);
    audio.loop = true;
    if (this.#device) void playBy(audio, this.#device).catch(() => {}); // told with the voice
    audio.play().catch((error) => {
      if (error.name !== 'NotAllowedError') return;
      waits();
      refused();
    });
    return () => audio.pause();
  }

  #opened() {
    const context = new AudioContext();
    if (this.#device) void playBy(context, this.#device).catch(() => {});
    return context;
  }

  #tone({ pitches, on, off, volume }, { waits, refused, heard }) {
    const context = (this.#context ??= this.#opened());
    let stopped = false;
    if (context.state !== 'running') {
      // One that may not play neither refuses nor plays: it stays as it is.
      waits();
      setTimeout(() => context.state !== 'running' && !stopped && refused(), 500);
    }
    context.resume().then(() => stopped || heard(), () => {});
    const gain = context.createGain();
    gain.connect(context.destination);
    // The pattern is laid out ahead by the clock of the sound: timers of hidden frames are late.
    gain.gain.setValueAtTime(0, context.currentTime);
    for (let at = context.currentTime, end = at + 600; at < end; at += on + off) {
      gain.gain.setValueAtTime(volume, at);
      gain.gain.setValueAtTime(0, at + on);
    }
    const oscillators = pitches.map((pitch) => {
      const oscillator = context.createOscillator();
      oscillator.frequency.value = pitch;
      oscillator.connect(gain);
      oscillator.start();
      return oscillator;
    });
    return () => {
      stopped = true;
      for (const oscillator of oscillators) oscillator.stop();
      gain.disconnect();
      void context.suspend(); // else the page counts as one that plays
    };
  }
}
