// Calls that go on with somebody else: because the operator transfers them away, or because the far
// end, or a PBX in between, transfers us.

import { pause, problem } from '../lib/problem.js';
import { readUri } from './address.js';

/** How long the outcome of a transfer is waited for. A phone may ring longer. */
const REFER_MS = 60_000;

/** A Contact that a browser made up leads nowhere; one that the server vouches for (GRUU), or a PBX's own, does. */
const isReachable = (uri) => !!uri && (/;gr(=|;|$)/.test(uri) || !/\.invalid(:|$)/.test(readUri(uri).host) || /\.alias\.invalid$/.test(readUri(uri).host));

export class Transfers {
  #phone;

  /** @param phone what of the phone transfers need: `{ emit, media, leave, end, goOn, settled, follows, replaces, problem }` */
  constructor(phone) {
    this.#phone = phone;
  }

  // ---- away from us

  /** REFER without asking the target first. */
  async blind(call, target) {
    await this.#refer([call], () => call.leg.refer(target));
  }

  /** REFER with Replaces: the far end takes our place in the consultation. */
  async attended(call, consultation) {
    const { leg } = consultation;
    await this.#refer([call, consultation], () => call.leg.refer(isReachable(leg.remoteTarget) ? leg.remoteTarget : leg.remoteAddress, leg));
  }

  async #refer(calls, send) {
    // A far end may hang up before it has told how the transfer went: that is how it went.
    for (const call of calls) call.transferring = true;
    const [call] = calls;
    const outcome = send();
    try {
      await Promise.race([outcome, this.#silence(call)]);
    } catch (error) {
      for (const call of calls) {
        call.transferring = false;
        this.#phone.settled(call);
      }
      if (call.over) return;
      // The target may still answer, and then it has come about all the same.
      if (error.code === 'TRANSFER_UNKNOWN') outcome.then(() => this.#away(calls), () => {});
      else await this.#isThere(call);
      if (call.over) return;
      throw error;
    } finally {
      call.referOver = undefined;
    }
    this.#away(calls);
  }

  /** Nobody says how it went: for too long, or for good. That is no failure; the operator is told what is known. */
  #silence(call) {
    const unknown = () => problem('TRANSFER_UNKNOWN', 'nobody has said whether the transfer came about: ask the other side, or hang up');
    return new Promise((_, reject) => {
      call.referOver = () => reject(unknown());
      void pause(REFER_MS).then(() => reject(unknown()));
    });
  }

  /** Some PBXs refuse the transfer and drop the customer all the same: only who asks learns of it. */
  async #isThere(call) {
    call.transferFailed = true;
    await call.renegotiate().catch(() => {});
    call.transferFailed = false;
  }

  #away(calls) {
    for (const call of calls) {
      if (call.over) continue;
      this.#phone.end(call, { by: 'local', code: 'TRANSFERRED' });
      this.#phone.leave(call.leg);
    }
  }

  // ---- of us

  /** REFER received: whoever sends it wants us to dial somebody. */
  async referred(call, referral) {
    let may = false;
    try {
      may = await this.#phone.follows(call, referral);
    } catch (error) {
      this.#phone.problem(error);
    }
    if (may) return this.follow(call, (media) => referral.accept(media), referral);
    referral.refuse();
    this.#phone.problem(problem('TRANSFER_NOT_FOLLOWED', 'the other side wanted the call to be transferred, which the option followTransfers does not allow'));
  }

  /**
   * The call goes on by another leg, under the same id: one that we dial (REFER received), or one
   * that we answer (INVITE with Replaces).
   *
   * @param {(media) => Leg} open makes it, or answers it
   * @param {{ number: string, displayName?: string, same?: boolean, refuse(): void }} offer `same`: with the one who is there,
   *   in another place
   */
  async follow(call, open, offer) {
    if ((!this.#phone.replaces && !offer.same) || call.over || call.next || call.settling) return offer.refuse();
    let media;
    try {
      media = await this.#phone.media(call, { muted: call.media.muted });
      if (offer.same && call.media.held) media.held = true;
      call.nextMedia = media;
      call.next = open(media);
    } catch (error) {
      call.nextMedia = undefined;
      media?.close();
      offer.refuse();
      return this.#phone.problem(error);
    }
    const leg = call.next;
    leg.on = {
      progress() {},
      refer: (referral) => referral.refuse(),
      replaced: (replacement) => replacement.refuse(),
      answered: () => this.#arrived(call, leg, media, offer),
      ended: (cause) => this.#refused(call, media, cause),
    };
  }

  #arrived(call, leg, media, offer) {
    call.next = call.nextMedia = undefined;
    if (call.over) {
      media.close();
      return this.#phone.leave(leg);
    }
    const { held } = call.media;
    this.#phone.goOn(call, leg, media);
    if (offer.same) return;
    const { number, displayName } = offer;
    this.#phone.emit({ type: 'transferred', callId: call.id, number, ...(displayName && { displayName }) });
    // Nobody holds the new leg.
    if (held) this.#phone.emit({ type: 'held', callId: call.id, held: false, by: 'local' });
  }

  /** The call stays with whom it was with, unless they have left already. */
  #refused(call, media, cause) {
    call.next = call.nextMedia = undefined;
    media.close();
    if (call.over) return;
    if (call.left) this.#phone.end(call, cause);
    else this.#phone.problem(problem('TRANSFER', `the call was to be transferred, but that failed: ${cause.status ?? cause.text ?? ''}`));
    this.#phone.settled(call);
  }
}
