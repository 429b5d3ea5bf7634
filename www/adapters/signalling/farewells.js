// Goodbyes that far ends are owed: what is hung up without a connection ends here at once, and there when there is one again.

export class Farewells {
  #owed = new Set();
  #isOpen;
  #deadlineMs;

  /** @param {number} deadlineMs for how long a goodbye is owed */
  constructor(isOpen, deadlineMs) {
    this.#isOpen = isOpen;
    this.#deadlineMs = deadlineMs;
  }

  /** Says goodbye on a leg; while there is no connection, as soon as there is one again. */
  say(leg) {
    if (!leg || leg.gone) return;
    const deadline = setTimeout(() => forget(), this.#deadlineMs);
    const forget = () => {
      clearTimeout(deadline);
      this.#owed.delete(leave);
      leg.forget();
    };
    const leave = () => {
      if (!this.#isOpen()) return;
      leg.end().then(forget, () => {
        if (!this.#owed.has(leave)) return;
        if (this.#isOpen()) forget(); // it was heard and refused, or never will be heard
      });
    };
    this.#owed.add(leave);
    leave();
  }

  /** There is a connection again. */
  connected() {
    for (const leave of this.#owed) leave();
  }
}
