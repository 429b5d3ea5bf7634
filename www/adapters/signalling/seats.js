// Where the calls are spoken: in one page after another, or for a while in none. Whatever a call is doing when the seat
// goes elsewhere, it goes on there.

import { problem } from '../lib/problem.js';
import { Media } from './media.js';
import { Moves } from './moves.js';
import { Seat } from './seat.js';

/** How long a call waits for a page to be spoken in. */
const SEAT_MS = 20_000;

export class Seats {
  #options;
  #phone;
  #moves;
  #seat;
  /** All media that is not closed: also of legs that are to take the place of others. */
  #media = new Set();
  #waiting = new Set();
  #sound;
  #stopped = false;

  /** @param phone what of the phone it takes: `{ calls, emit, fail, online }`, and what `Moves` need */
  constructor(options, phone) {
    this.#options = options;
    this.#phone = phone;
    this.#moves = new Moves({ ...phone, media: (call, wanted) => this.open(call, wanted) });
  }

  /** The page at the other end of this port has the seat; by `null` none. Resolves when what is up has moved, or ended. */
  async take(port) {
    const before = this.#seat;
    this.#seat = port ? new Seat(port) : undefined;
    before?.sound(undefined);
    before?.retire();
    this.#seat?.sound(this.#sound); // it rings in one place
    for (const media of this.#media) media.leave();
    this.changed();
    if (port) await Promise.all(this.#phone.calls().map((call) => this.settle(call)));
    before?.close();
  }

  sound(sound) {
    if (sound?.name === this.#sound?.name) return;
    this.#sound = sound;
    this.#seat?.sound(sound);
  }

  /** Asks the operator, where the calls are spoken: who says nothing says no. */
  async confirmTransfer(to) {
    return (await this.#seat?.confirmTransfer(to).catch(() => false)) ?? false;
  }

  /** Media of a leg of this call, where the seat is. */
  async open(call, wanted) {
    const media = this.mediaOf(call, wanted);
    try {
      await media.open();
      if (call.over) throw problem('CLOSED', 'the call ended meanwhile');
    } catch (error) {
      media.close();
      throw error;
    }
    return media;
  }

  /** The same, not opened yet: it stands in. */
  mediaOf(call, wanted = {}) {
    const mine = (act) => (...args) => {
      if (media === call.media && call.up && !call.over) return act(...args);
    };
    const { iceServers, relayOnly, iceGatheringMs, iceRestart, microphone } = this.#options;
    const media = new Media({ callId: call.id, iceServers, relayOnly, iceGatheringMs, iceRestart, microphone }, wanted, {
      seat: () => this.seated(),
      closed: () => this.#media.delete(media),
      remoteHeld: mine((held) => this.#phone.emit({ type: 'held', callId: call.id, held, by: 'remote' })),
      flowing: mine((flowing) => this.#phone.emit({ type: 'media', callId: call.id, flowing })),
      restart: mine(async () => {
        if (!this.#phone.online()) throw problem('UNREGISTERED', 'the SIP server can\'t be reached');
        await call.renegotiate();
      }),
      failed: mine(({ code, message }) => this.#phone.fail(call, problem(code, message))),
    });
    this.#media.add(media);
    return media;
  }

  /** Brings a call that is up to the page that has the seat, however often that changes meanwhile. */
  settle(call) {
    return (call.settling ??= this.#bring(call).finally(() => (call.settling = undefined)));
  }

  async #bring(call) {
    const astray = () => call.up && !call.over && call.media.standsIn && !call.next && !call.transferring && this.#seat;
    while (astray()) {
      if (!this.#phone.online()) await this.#until(() => this.#phone.online() || !astray());
      const seat = this.#seat;
      if (!astray()) return;
      try {
        await this.#moves.move(call);
      } catch (error) {
        if (seat === this.#seat && this.#phone.online()) this.#phone.fail(call, error);
      }
    }
  }

  /** The page that has the seat, once there is one. */
  async seated() {
    await this.#until(() => this.#seat || this.#stopped, SEAT_MS);
    if (!this.#seat) throw problem('SEAT_LOST', 'no page is there to speak in');
    return this.#seat;
  }

  /** Until it is so, or the time is over. */
  async #until(is, ms) {
    let over = false;
    const timer = ms && setTimeout(() => {
      over = true;
      this.changed();
    }, ms);
    while (!over && !is()) await new Promise((wake) => this.#waiting.add(wake));
    clearTimeout(timer);
  }

  /** Something that may be waited for has changed: the connection, a call. */
  changed() {
    for (const wake of this.#waiting) wake();
    this.#waiting.clear();
  }

  /** Nothing is spoken any more. */
  close() {
    this.#stopped = true;
    this.#seat?.close();
    this.changed();
  }
}
