// The media of one call leg, as signalling knows it: descriptions go back and forth, sound does not
// pass here. It lives in the page that has the seat (`www/media/media.js`).
//
// While no page has it, this stands in: the far end's questions are answered with what it was told
// last, so that a dialog lives on until a page is there to speak in.

import { problem } from '../lib/problem.js';
import { audioDirection, described, setupOf } from '../lib/sdp.js';

export class Media {
  #settings;
  #on;
  /** Where it lives; `undefined` while it stands in. */
  #end;
  /** The end in a page that has lost the seat: it may be heard until the call has moved. */
  #left;
  #muted;
  #held;
  #state;
  #joined = false;
  #watched = false;
  #closed = false;
  /** Our newest description; and theirs, with its type. */
  #ours;
  #theirs;
  /** Ours in DTLS, once it is agreed on. */
  #role;

  /**
   * @param {object} settings what a page must know to open it, see `serve.js`
   * @param {{ muted?: boolean, held?: boolean, remoteHeld?: boolean }} wanted of a call that is up already, how it stands
   * @param {{ seat(): Promise<import('./seat.js').Seat>, closed(): void, remoteHeld(held: boolean): void, flowing(is: boolean): void, failed(error: Error): void, restart(): Promise<void> }} on
   */
  constructor(settings, { muted = false, held = false, remoteHeld = false }, on) {
    this.#settings = settings;
    this.#muted = muted;
    this.#held = held;
    this.#on = on;
    this.#state = { remoteHeld, signalingState: 'stable' };
  }

  /** Opens it where the seat is, or comes to be meanwhile. */
  async open() {
    while (!this.#closed && !this.#end) {
      const seat = await this.#on.seat();
      const mine = (act) => (...args) => (this.#end === end || !end ? act(...args) : undefined);
      let end;
      try {
        const how = { ...this.#settings, muted: this.#muted, held: this.#held, remoteHeld: this.#state.remoteHeld };
        end = await seat.open(how, {
          state: mine((state) => this.#is(state)),
          flowing: mine((is) => this.#on.flowing(is)),
          failed: mine((error) => this.#on.failed(error)),
          restart: mine(() => this.#on.restart()),
        });
      } catch (error) {
        if (seat.gone) continue; // another page, then
        throw error;
      }
      if (this.#closed || seat.gone) end.close();
      else this.#settle(end);
    }
    if (this.#closed) throw problem('CLOSED', 'the call ended meanwhile');
  }

  #settle(end) {
    this.#end = end;
    end.tell('muted', this.#muted); // it may have changed meanwhile
    if (this.#joined) end.tell('joined');
    if (this.#watched) end.tell('watch');
  }

  /** The page it lives in has no longer the seat. */
  leave() {
    if (!this.#end) return;
    this.#left = this.#end;
    this.#end = undefined;
  }

  get standsIn() {
    return !this.#end;
  }
  get closed() {
    return this.#closed;
  }
  get remoteHeld() {
    return this.#state.remoteHeld;
  }
  get signalingState() {
    return this.#state.signalingState;
  }

  // ---- descriptions

  /** Our offer, or our answer to the offer that was taken, with its candidates. */
  async describe(type) {
    for (;;) {
      const end = this.#end;
      try {
        if (end) {
          this.#ours = await end.ask('describe', type);
          if (type === 'answer') this.#role = setupOf(this.#ours);
          return this.#ours;
        }
        // The far end knows ours: it must hear the same, whatever page is there.
        if (this.#ours) return this.#standIn(type);
        await this.#openAnew();
      } catch (error) {
        if (error.code !== 'SEAT_LOST' || this.#end === end) throw error;
      }
    }
  }

  /** Theirs. */
  async take(type, sdp) {
    const end = this.#end;
    this.#theirs = { type, sdp };
    if (type === 'answer') this.#role = setupOf(sdp) === 'active' ? 'passive' : 'active';
    try {
      if (end) return await end.ask('take', type, sdp);
    } catch (error) {
      if (error.code !== 'SEAT_LOST' || this.#end === end) throw error;
    }
    const direction = audioDirection(sdp);
    const remoteHeld = direction === 'sendonly' || (direction === 'inactive' && !this.#held);
    this.#is({ remoteHeld, signalingState: type === 'offer' ? 'have-remote-offer' : 'stable' });
  }

  /** Takes back an offer that was refused, so that the next one can be made. */
  async rollback() {
    await this.#asked('rollback');
    if (!this.#end) this.#is({ ...this.#state, signalingState: 'stable' });
  }

  async listenAgain() {
    await this.#asked('listenAgain');
  }

  /** A call that was being answered when the page went: the next one hears the caller's offer, too. */
  async #openAnew() {
    await this.open();
    if (this.#theirs?.type === 'offer') await this.take('offer', this.#theirs.sdp);
  }

  #standIn(type) {
    this.#ours = described(this.#ours, type, { held: this.#held, offer: this.#theirs?.sdp, role: this.#role });
    this.#is({ ...this.#state, signalingState: type === 'offer' ? 'have-local-offer' : 'stable' });
    return this.#ours;
  }

  // ---- the microphone

  get muted() {
    return this.#muted;
  }

  set muted(muted) {
    this.#muted = muted;
    this.#end?.tell('muted', muted);
    this.#left?.tell('muted', muted);
  }

  /** Resolves when it is so. */
  async mute(muted) {
    this.muted = muted;
    await this.#asked('muted', muted);
  }

  get held() {
    return this.#held;
  }

  /** Takes effect with the next offer. What the microphone hears stays here at once. */
  set held(held) {
    this.#held = held;
    this.#end?.tell('held', held);
    this.#left?.tell('held', held);
  }

  async replaceMicrophone(constraints) {
    this.#settings = { ...this.#settings, microphone: constraints };
    await this.#asked('microphone', constraints);
  }

  /** As an RTP event; gives whether it could be said so. */
  async sendTone(tone, how) {
    return (await this.#asked('tone', tone, how)) ?? false;
  }

  async statistics() {
    return new Map(((await this.#asked('statistics')) ?? []).map((one) => [one.id, one]));
  }

  /** Of a page that has gone meanwhile there is nothing to be known. */
  async #asked(name, ...args) {
    const end = this.#end;
    try {
      return await end?.ask(name, ...args);
    } catch (error) {
      if (error.code !== 'SEAT_LOST' || this.#end === end) throw error;
    }
  }

  // ---- its life

  /** It is the call's: by the call's id it can be found in the page. */
  joined() {
    this.#joined = true;
    this.#end?.tell('joined');
  }

  /** It flows from now on; when it no longer does, it is to be mended. */
  watch() {
    this.#watched = true;
    this.#end?.tell('watch');
  }

  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#end?.close();
    this.#left?.close();
    this.#on.closed();
  }

  #is(state) {
    const before = this.#state.remoteHeld;
    this.#state = state;
    if (state.remoteHeld !== before) this.#on.remoteHeld(state.remoteHeld);
  }
}
