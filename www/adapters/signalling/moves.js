// A call that is up moves to the page that has the seat now. The far end is sent an INVITE that replaces
// the call's own dialog (RFC 3891): it answers as to a new call, with ICE and DTLS from the start. A re-INVITE
// would do for another browser; a PBX that takes its new description and never does DTLS again (Asterisk)
// would be silent for good. So that is for far ends that know no Replaces.
//
// The page before is heard until the new one is: where both live, hardly anything is missed.

import { problem } from '../lib/problem.js';
import { replaces, supports } from './dialog.js';

/** How long the far end may take for each way in which it is asked. */
const ANSWER_MS = 10_000;

export class Moves {
  #phone;

  /** @param phone what of the phone moves need: `{ invite, media, goOn, leave, end, online, problem }` */
  constructor(phone) {
    this.#phone = phone;
  }

  /** Rejects when the call can't be taken along. Afterwards it may have to move again. */
  async move(call) {
    const { muted, held, remoteHeld } = call.media;
    const media = await this.#phone.media(call, { muted, held, remoteHeld });
    call.nextMedia = media;
    try {
      if (!(await this.#replace(call, media)) && !call.over) {
        if (!this.#phone.online()) throw problem('UNREGISTERED', 'the connection to the SIP server is lost');
        await this.#offerAgain(call, media);
      }
    } finally {
      call.nextMedia = undefined;
      if (media !== call.media) media.close();
    }
    if (held && !call.over) await this.#hold(call);
  }

  /** What is offered for a start is no hold, see `www/media/media.js`; meanwhile nothing is heard either way. */
  async #hold(call) {
    try {
      await call.hold(true);
    } catch (error) {
      this.#phone.problem(error);
    }
  }

  async #replace(call, media) {
    const { leg } = call;
    if (!supports(leg, 'replaces')) return false;
    for (const way of ways(leg)) {
      if (await this.#invite(call, media, leg, way)) return true;
      if (call.left) this.#phone.end(call, call.left); // the far end has hung up meanwhile
      if (call.over) return false;
    }
    return false;
  }

  /** Gives whether the far end has answered. */
  #invite(call, media, replaced, { uri, route }) {
    return new Promise((resolve) => {
      const extraHeaders = [
        `Replaces: ${replaces(replaced)}`,
        // Who does not know it must not ring instead.
        'Require: replaces',
        ...(route?.length ? [`Route: ${route.join(', ')}`] : []),
      ];
      let leg;
      try {
        leg = this.#phone.invite(uri, media, extraHeaders);
      } catch {
        return resolve(false); // an address that can't be written to
      }
      const timer = setTimeout(() => this.#phone.leave(leg), ANSWER_MS);
      const settle = (answered) => {
        clearTimeout(timer);
        if (call.next === leg) call.next = undefined;
        resolve(answered);
      };
      call.next = leg;
      leg.on = {
        refer: (referral) => referral.refuse(),
        replaced: (replacement) => replacement.refuse(),
        answered: () => {
          settle(true);
          if (call.over) this.#phone.leave(leg);
          else this.#phone.goOn(call, leg, media);
        },
        ended: () => settle(false),
      };
    });
  }

  async #offerAgain(call, media) {
    const { leg, media: before } = call;
    if (!leg.use) throw problem('SEAT_LOST', 'the far end does not let the call be taken along');
    const goOnWith = (one) => {
      leg.use(one);
      call.media = one;
    };
    goOnWith(media);
    media.joined();
    try {
      await call.renegotiate();
    } catch (error) {
      if (!call.over) {
        goOnWith(before);
        throw error;
      }
    }
    before.close();
    if (!call.over) media.watch();
  }
}

/**
 * Where the far end may be reached outside of its dialog: a PBX by the number, a phone behind a proxy by its
 * own address.
 */
function ways({ dialog: { remote, target, route, local } }) {
  return [{ uri: remote }, { uri: target, route }, { uri: local }];
}
