// One line on stderr for each step of a bench: how far it is, what it does, and how long it will take yet.

export class Progress {
  #done = 0;
  #began = performance.now();

  constructor(name, steps) {
    Object.assign(this, { name, steps });
  }

  /** The next step begins. */
  step(text) {
    const left = this.#done ? `, ${lasting(((performance.now() - this.#began) / this.#done) * (this.steps - this.#done))} to go` : '';
    this.#done += 1;
    this.say(`${this.#done} of ${this.steps}: ${text}${left}`);
  }

  /** Part of a long step. */
  say(text) {
    console.error(`bench ${this.name}: ${text}`);
  }
}

/** Minutes and seconds, as one says them. */
export function lasting(ms) {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
