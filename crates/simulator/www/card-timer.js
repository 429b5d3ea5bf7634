// The card's timer. Three things that are easy to mix up: when it began, whether it runs,
// and whether it is shown.

import { every, now } from './clock.js';

export class CardTimer {
  /** 0: never started. */
  began = 0;
  shown = true;
  #cancel = null;
  #value = 0;

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
    this.#tick();
    this.#cancel = every(1000, () => this.#tick());
  }

  /** Stands still; what it shows and when it began stay. */
  stop() {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Hidden, and to begin anew. */
  hide() {
    this.shown = false;
    this.began = 0;
    this.#value = 0;
  }

  #tick() {
    this.#value = Math.max(0, now() - this.began);
    this.onTick();
  }

  /** A script moved the clock: shows what it shows now without waiting for the next second. */
  refresh() {
    if (this.running) this.#tick();
  }

  /** `mm:ss`, or null when nothing is to be seen. */
  get text() {
    if (!this.shown || this.began === 0) return null;
    const seconds = Math.floor(this.#value / 1000);
    const two = (n) => String(n).padStart(2, '0');
    return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
  }
}
