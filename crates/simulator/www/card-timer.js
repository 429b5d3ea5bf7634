// The card's timer. Two things that are easy to mix up: when it began, and whether it runs. Whether it is
// to be seen is the business of what shows it.

import { every, now } from './clock.js';

export class CardTimer {
  /** 0: never started. */
  began = 0;
  #cancel = null;

  constructor(onTick) {
    this.onTick = onTick;
  }

  get running() {
    return this.#cancel !== null;
  }

  /** Does nothing when running. Goes on from where it began, pauses included. */
  start() {
    if (this.running) return;
    if (this.began === 0) this.began = now();
    this.#cancel = every(1000, () => this.onTick());
    this.onTick();
  }

  /** Stands still; when it began stays. */
  stop() {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** To begin anew. */
  reset() {
    this.began = 0;
  }

  /** A script moved the clock: shows what it shows now without waiting for the next second. */
  refresh() {
    if (this.running) this.onTick();
  }

  /** `mm:ss` since it began. */
  get text() {
    const seconds = this.began === 0 ? 0 : Math.floor(Math.max(0, now() - this.began) / 1000);
    const two = (n) => String(n).padStart(2, '0');
    return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
  }
}
