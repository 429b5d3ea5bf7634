// How the tabs of one browser keep to one call: a mark in localStorage with a short life, of each employee
// their own. It is written as the portal's own library does: `SECONDS:VALUE`, where the end of its life is
// rounded to a second.

import { after, every, now } from './clock.js';
import { config, world } from './server.js';

const KEY = `bx${config.user}-s1-viExternalCard`;
const LIFE_MS = 5000;
/** What an entry lives for which no life is given. */
const NO_LIFE_MS = 60_000;

export class TabFlag {
  #renewal = () => {};
  #late = new Set();

  /** Some tab shows a card, or did within the last seconds. */
  get isSet() {
    const [until, value] = (localStorage.getItem(KEY) ?? '').split(':');
    return value === 'true' && now() <= Number(until) * 1000;
  }

  /**
   * This tab shows a card now. The mark is set late, so tabs that get the same push at the same time all show it; and
   * it comes whatever becomes of the card until then.
   */
  raise() {
    const cancel = after(world.faults.cardMarkMs, () => {
      this.#late.delete(cancel);
      write(true, LIFE_MS);
    });
    this.#late.add(cancel);
    this.#renewal();
    this.#renewal = every(LIFE_MS, () => write(true, LIFE_MS));
  }

  /** This tab's card has gone: the other tabs take theirs away, whichever call those are of. */
  lower() {
    this.#renewal();
    write(false, NO_LIFE_MS);
  }

  /** As if nothing had been shown. */
  forget() {
    this.#renewal();
    for (const cancel of this.#late) cancel();
    this.#late.clear();
    localStorage.removeItem(KEY);
  }

  /** Calls `fn` when another tab lowers the flag, also when it was down already. */
  onLowered(fn) {
    window.addEventListener('storage', (event) => {
      if (event.key === KEY && event.newValue?.endsWith(':false')) fn();
    });
  }
}

function write(value, lifeMs) {
  localStorage.setItem(KEY, `${Math.round(now() / 1000) + lifeMs / 1000}:${value}`);
}
