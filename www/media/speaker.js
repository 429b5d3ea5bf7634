// The far end's voice. An <audio> that is in no document plays in a frame that nobody sees, where
// an element that is not displayed might be put to sleep.

import { problem } from '../adapters/lib/problem.js';

const GESTURES = ['pointerdown', 'keydown'];

export class Speaker {
  #audio = new Audio();
  #blocked;
  #retry;

  /** @param {(error: Error) => void} blocked told once when the browser refuses to play. */
  constructor(blocked) {
    this.#blocked = blocked;
    this.#audio.autoplay = true;
  }

  set muted(muted) {
    this.#audio.muted = muted;
  }

  /** Plays by this device; rejects with why not, and then plays by the system's. */
  by(deviceId) {
    return playBy(this.#audio, deviceId);
  }

  play(track) {
    this.#audio.srcObject = new MediaStream([track]);
    this.#start();
  }

  /** The operator has clicked somewhere: what was refused may be allowed now. */
  again() {
    this.#retry?.();
  }

  #start() {
    this.#audio.play().catch((error) => {
      if (error.name !== 'NotAllowedError' || this.#retry) return; // a stop, or a newer track
      this.#blocked(problem('AUTOPLAY_BLOCKED', 'the browser plays no sound before the operator has clicked on the page'));
      this.#retry = () => this.#start();
      for (const gesture of GESTURES) addEventListener(gesture, this.#retry);
    });
  }

  stop() {
    this.#audio.srcObject = null;
    if (this.#retry) for (const gesture of GESTURES) removeEventListener(gesture, this.#retry);
  }
}

/**
 * @param {HTMLAudioElement | AudioContext} player
 * @param {string} deviceId empty for the system's own
 */
export async function playBy(player, deviceId) {
  if (!player.setSinkId) {
    if (!deviceId) return;
    throw problem('SPEAKER_FIXED', 'this browser lets no page choose a speaker: choose it in the system');
  }
  try {
    await player.setSinkId(deviceId);
  } catch (error) {
    if (error.name === 'NotAllowedError') throw problem('SPEAKER_REFUSED', 'the frame was created without allow="speaker-selection", so the speaker is the system\'s: choose it there');
    throw problem('SPEAKER_MISSING', 'the speaker that was chosen is not there: the system\'s is taken');
  }
}
