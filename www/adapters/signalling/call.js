// One call as the worker knows it: a SIP leg and its media, which a transfer may exchange for others
// under the same id. Everything a call can do that does not need another call is here.

import { pause, problem } from '../lib/problem.js';

/** How often a re-INVITE is tried again when it meets one of the other side's (491). */
const GLARE_TRIES = 6;
/** Who has lost the same server may be back later than we are; longer than for these nobody is waited for. */
const KNOWN_PAUSES_MS = [500, 1000, 2000, 4000, 8000];
/** What another try does not change: the far end will not have it so. */
const FINAL = [403, 405, 415, 488, 606];
/** A comma in what is dialled, as everywhere. */
const PAUSE_MS = 2000;

export class Call {
  id;
  leg;
  media;
  up = false;
  over = false;
  /** Set by `answer`: a second one has nothing to do. */
  answering = false;
  /** The leg that a transfer is about to put in place of `leg`. */
  next;
  /** The media of a page it is moving to. */
  nextMedia;
  /** It is on its way to the page that has the seat. */
  settling;
  /** It is being transferred away. */
  transferring = false;
  /** The connection to the server is another one than when the far end last heard of us. */
  stale = false;
  /** The far end may have said something that did not reach us. */
  missed = false;
  /** How it was dialled, and whether it was dialled again as a refusal said. */
  invited;
  invitedTo;
  tried = false;
  /** It rings at the far end. */
  rings = false;
  /** The far end is heard before it answers. */
  early = false;
  /** A transfer was refused: the far end may have been left alone with it. */
  transferFailed = false;
  /** Set while a transfer is under way: nobody will say any more how it went. */
  referOver;
  /** What is to be sent as tones once it is answered. */
  postDial = '';
  /** The timer after which it answers itself. */
  answerSoon;
  #refresh;
  #options;
  #on;
  #negotiation = Promise.resolve();
  #tones = Promise.resolve();

  /** @param on what the phone does, and knows: `{ failed, retryAfter }` */
  constructor(id, options, on) {
    this.id = id;
    this.#options = options;
    this.#on = on;
  }

  /** From now on this leg, with this media, is the call. */
  join(leg, media) {
    if (this.media && media !== this.media) {
      media.muted = this.media.muted;
      this.media.close();
    }
    // What the leg before was asked for last may never be answered.
    if (leg !== this.leg) this.#negotiation = this.#tones = Promise.resolve();
    this.leg = leg;
    this.media = media;
    media?.joined();
  }

  connected() {
    this.up = true;
    this.media.watch();
    // Whether the far end is still there shows only when it is asked.
    clearInterval(this.#refresh);
    const sessionTimers = this.invited?.sessionTimers ?? this.#options.sessionTimers;
    if (this.leg.needsRefresh && sessionTimers) {
      this.#refresh = setInterval(() => this.renegotiate().catch(() => {}), (sessionTimers / 2) * 1000);
    }
  }

  close() {
    this.over = true;
    clearTimeout(this.answerSoon);
    clearInterval(this.#refresh);
    this.media?.close();
    this.nextMedia?.close(); // what the leg has yet to hear of the server needs no microphone
  }

  async hold(held) {
    const { media } = this;
    const before = media.held;
    media.held = held;
    try {
      await this.renegotiate();
    } catch (error) {
      if (!this.over && media === this.media) {
        media.held = before;
        await media.listenAgain().catch(() => {});
        // It was accepted, but not in a way that could be taken: the other side is to know that it is off.
        if (error.code === 'NOT_TAKEN') await this.renegotiate().catch(() => {});
      }
      throw error;
    }
  }

  /** One re-INVITE after the other; one that meets the other side's is tried again (RFC 3261 14.1). */
  renegotiate() {
    const next = this.#negotiation.then(async () => {
      for (let tries = 1; !this.over; tries++) {
        const { leg, media } = this;
        try {
          return await leg.reinvite(media);
        } catch (error) {
          if (this.over) return;
          await media.rollback().catch(() => {});
          if (error.status === 481 || error.status === 408) this.#on.failed(problem('SIP', 'the far end no longer knows of this call'));
          // 500 with a Retry-After is what one hears who asks again too soon (RFC 3261 14.2).
          const glare = error.status === 491 || (error.status === 500 && this.#on.retryAfter() !== undefined);
          if (!glare || tries === GLARE_TRIES) throw error;
          // The one who made the call waits longer than any wait of the other's.
          const [least, most] = leg.incoming ? [0, 2000] : [2100, 4000];
          await pause(least + Math.random() * (most - least));
        }
      }
    });
    this.#negotiation = next.catch(() => {});
    return next;
  }

  /** After an outage: the far end learns by which way we can be reached, and what was held or taken back meanwhile. */
  async makeKnown() {
    for (const pauseMs of KNOWN_PAUSES_MS) {
      try {
        return await this.renegotiate();
      } catch (error) {
        if (this.over || FINAL.includes(error.status)) throw error;
        await pause(pauseMs);
        if (this.over || this.stale) return; // what comes next after an outage begins anew
      }
    }
    await this.renegotiate();
  }

  sendDtmf(tone) {
    if (!/^[0-9A-D*#]$/i.test(tone)) throw problem('BAD_TONE', 'a tone is one of 0-9, *, # and A-D');
    const { dtmf } = this.#options;
    // Each waits for the answer to the one before, so that they can't overtake each other.
    const sent = this.#tones.then(async () => {
      // Where there is no other way, any clock will do.
      const atAnyRate = dtmf === 'rtp' || !this.up;
      if (dtmf !== 'info' && (await this.media.sendTone(tone, { atAnyRate }))) return;
      if (!this.up) throw problem('BAD_TONE', 'before the answer tones go as RTP events, and the far end takes none');
      if (dtmf === 'rtp') throw problem('BAD_TONE', 'the far end takes no tones as RTP events, and "dtmf" allows nothing else');
      await this.leg.info('application/dtmf-relay', `Signal=${tone}\r\nDuration=160\r\n`);
    });
    this.#tones = sent.catch(() => {});
    return sent;
  }

  /** Sends what was dialled after the number: an extension, a PIN. Once. */
  async sendPostDial() {
    if (!this.up || !this.postDial) return;
    const tones = this.postDial;
    this.postDial = '';
    for (const tone of tones) {
      if (tone === ',') await pause(PAUSE_MS);
      else if (!this.over) await this.sendDtmf(tone);
    }
  }
}
