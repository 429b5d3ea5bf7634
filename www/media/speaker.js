// The far end's voice. An <audio> that is in no document plays in a frame that nobody sees, where
// an element that is not displayed might be put to sleep.

import { problem } from '../adapters/lib/problem.js';

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

  play(track) {
    this.#audio.srcObject = new MediaStream([track]);
    this.#start();
  }

  #start() {
    this.#audio.play().catch((error) => {
      if (error.name !== 'NotAllowedError' || this.#retry) return; // a stop, or a newer track
      this.#blocked(problem('AUTOPLAY_BLOCKED', 'the browser plays no sound before the operator has clicked on the page'));
      this.#retry = () => this.#start();
      for (const gesture of ['pointerdown', 'keydown']) addEventListener(gesture, this.#retry);
    });
  }

  stop() {
    this.#audio.srcObject = null;
    if (this.#retry) for (const gesture of ['pointerdown', 'keydown']) removeEventListener(gesture, this.#retry);
  }
}
