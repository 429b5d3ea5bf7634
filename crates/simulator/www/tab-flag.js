// How the tabs of one browser keep to one call: a mark in localStorage with a short life.

import { after, every, now } from './clock.js';

const KEY = 'viExternalCard';
const LIFE_MS = 5000;
/** The mark is set late, so tabs that get the same push at the same time all show the card. */
const SET_AFTER_MS = 100;

export class TabFlag {
  #cancel = [];

  /** Some tab shows a card, or did within the last seconds. */
  get isSet() {
    return Number(localStorage.getItem(KEY)) > now();
  }

  /** This tab shows a card now. */
  raise() {
    const write = () => localStorage.setItem(KEY, String(now() + LIFE_MS));
    this.#cancel.push(after(SET_AFTER_MS, () => {
      write();
      this.#cancel.push(every(LIFE_MS, write));
    }));
  }

  /** This tab's card is closed, on purpose: the other tabs close theirs. */
  lower() {
    this.#cancel.splice(0).forEach((cancel) => cancel());
    localStorage.setItem(KEY, 'false');
  }

  /** Calls `fn` when another tab lowers the flag. */
  onLowered(fn) {
    window.addEventListener('storage', (event) => {
      if (event.key === KEY && event.newValue === 'false') fn();
    });
  }
}
