// Questions, answers and messages between the two ends of a MessagePort: signalling at the one, the
// page that has the microphone at the other. Every question has a number and a deadline, so that
// nothing waits for a page that is gone.

import { problem } from './problem.js';

/** How long an answer may take where the question names no time of its own. */
const DEADLINE_MS = 15_000;

export class Wire {
  #port;
  #hear;
  #asked = new Map();
  #made = 0;
  #deaf = false;
  #closed = false;

  /**
   * @param {Pick<MessagePort, 'postMessage' | 'close'> & { onmessage: unknown }} port
   * @param {Record<string, (...args: any[]) => unknown>} hear what the other end may ask or tell
   */
  constructor(port, hear) {
    this.#port = port;
    this.#hear = hear;
    port.onmessage = ({ data }) => this.#receive(data);
  }

  get deaf() {
    return this.#deaf;
  }

  /** Rejects with what the other end threw, or with the code `SEAT_LOST` when it does not answer. */
  ask(name, args = [], deadlineMs = DEADLINE_MS) {
    if (this.#deaf) return Promise.reject(gone());
    const number = ++this.#made;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#settle(number, () => reject(gone())), deadlineMs);
      this.#asked.set(number, { resolve, reject, timer });
      this.#port.postMessage({ number, name, args });
    });
  }

  tell(name, ...args) {
    if (!this.#closed) this.#port.postMessage({ name, args });
  }

  /** Nothing is heard any more, and what was asked is not answered. The other end still hears what it is told. */
  deafen() {
    if (this.#deaf) return;
    this.#deaf = true;
    this.#port.onmessage = null;
    for (const number of [...this.#asked.keys()]) this.#settle(number, ({ reject }) => reject(gone()));
  }

  /** What was told before still arrives. */
  close() {
    this.deafen();
    if (this.#closed) return;
    this.#closed = true;
    this.#port.close();
  }

  async #receive({ number, name, args, answer, error, is }) {
    if (this.#deaf) return;
    if (name === undefined) {
      return this.#settle(number, ({ resolve, reject }) => (is === 'error' ? reject(problem(error.code, error.message, error.rest)) : resolve(answer)));
    }
    try {
      const answer = await this.#hear[name]?.(...args);
      if (number !== undefined && !this.#deaf) this.#port.postMessage({ number, is: 'answer', answer });
    } catch (thrown) {
      if (number === undefined || this.#deaf) return;
      const { code, message, status } = thrown;
      // The codes of a DOMException are numbers, and mean nothing here.
      const error = { code: typeof code === 'string' ? code : 'MEDIA', message, rest: status ? { status } : {} };
      this.#port.postMessage({ number, is: 'error', error });
    }
  }

  #settle(number, how) {
    const asked = this.#asked.get(number);
    if (!asked) return;
    this.#asked.delete(number);
    clearTimeout(asked.timer);
    how(asked);
  }
}

const gone = () => problem('SEAT_LOST', 'the page that had the microphone does not answer');

/** A port whose two ends are in one page. What is said arrives at once, also while the page is being left. */
export function pair() {
  const ends = [0, 1].map(() => ({ onmessage: null, postMessage() {}, close() {} }));
  for (const [end, other] of [ends, [...ends].reverse()]) {
    end.postMessage = (data) => queueMicrotask(() => other.onmessage?.({ data }));
  }
  return ends;
}
