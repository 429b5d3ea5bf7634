// Where the calls are spoken, as signalling sees it: a page at the other end of a port, which has the
// microphone (`www/media/`).

import { Wire } from '../lib/wire.js';
import { CONFIRM_MS } from './referrals.js';

/** The browser may ask the user for the microphone, and wait for an answer. */
const MICROPHONE_MS = 60_000;

export class Seat {
  #wire;
  #media = new Map();
  #made = 0;

  constructor(port) {
    const at = (id, act) => this.#media.has(id) && act(this.#media.get(id));
    this.#wire = new Wire(port, {
      state: (id, state) => at(id, (on) => on.state(state)),
      flowing: (id, is) => at(id, (on) => on.flowing(is)),
      failed: (id, error) => at(id, (on) => on.failed(error)),
      restart: (id) => at(id, (on) => on.restart()),
    });
  }

  /** Another page has the seat, or none. */
  get gone() {
    return this.#wire.deaf;
  }

  /**
   * Opens the media of a leg.
   *
   * @param {object} settings see `serve.js`
   * @param {{ state(state: object): void, flowing(is: boolean): void, failed(error: object): void, restart(): Promise<void> }} on
   */
  async open(settings, on) {
    const id = ++this.#made;
    this.#media.set(id, on);
    const close = () => {
      this.#media.delete(id);
      this.#wire.tell('close', id);
    };
    try {
      await this.#wire.ask('open', [id, settings], MICROPHONE_MS);
    } catch (error) {
      close();
      throw error;
    }
    return {
      ask: (name, ...args) => this.#wire.ask(name, [id, ...args]),
      tell: (name, ...args) => this.#wire.tell(name, id, ...args),
      close,
    };
  }

  /** What is heard of calls that are not answered yet, see `sounds.js`; nothing for silence. */
  sound(sound) {
    this.#wire.tell('sound', sound);
  }

  /** Whether the operator wants the call to go on with somebody else. */
  async confirmTransfer(to) {
    return (await this.#wire.ask('confirmTransfer', [to], CONFIRM_MS)) === true;
  }

  /** It loses the seat: what was asked of it rejects, what it says is not heard. It is told of what ends. */
  retire() {
    this.#wire.deafen();
  }

  /** Nothing is spoken there any more. */
  close() {
    this.#wire.tell('leave');
    this.#wire.close();
  }
}
