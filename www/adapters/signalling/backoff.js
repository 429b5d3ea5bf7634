// How long to wait before the next try: doubling up to a limit, each wait drawn at random from its
// upper half, so that a thousand browsers do not all return to a restarted server at once.

export class Backoff {
  #first;
  #last;
  #tries = 0;

  /** @param {{ first: number, last: number }} limits in ms */
  constructor({ first, last }) {
    this.#first = first;
    this.#last = last;
  }

  next() {
    const longest = Math.min(this.#last, this.#first * 2 ** this.#tries++);
    return longest * (0.5 + Math.random() / 2);
  }

  reset() {
    this.#tries = 0;
  }
}
