// Calls that go on with somebody else: because the operator transfers them away, or because the far
// end, or a PBX in between, transfers us.

import { problem } from '../lib/problem.js';

export class Transfers {
  #phone;

  /** @param phone what of the phone transfers need: `{ emit, media, leave, end, goOn, settled, follow, problem }` */
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
    await this.#refer([call, consultation], () => call.leg.refer(consultation.leg.remoteAddress, consultation.leg));
  }

  async #refer(calls, send) {
    // A far end may hang up before it has told how the transfer went: that is how it went.
    for (const call of calls) call.transferring = true;
    try {
      await send();
    } catch (error) {
      for (const call of calls) {
        call.transferring = false;
        this.#phone.settled(call);
      }
      if (calls[0].over) return;
      throw error;
    }
    for (const call of calls) {
      if (call.over) continue;
      this.#phone.end(call, { by: 'local', code: 'TRANSFERRED' });
      this.#phone.leave(call.leg);
    }
  }

  // ---- of us

  /**
   * The call goes on by another leg, under the same id: one that we dial (REFER received), or one
   * that we answer (INVITE with Replaces).
   *
   * @param {(media) => Leg} open makes it, or answers it
   * @param {{ number: string, displayName?: string, same?: boolean, refuse(): void }} offer `same`: with the one who is there,
   *   in another place
   */
  async follow(call, open, offer) {
    if ((!this.#phone.follow && !offer.same) || call.over || call.next || call.settling) return offer.refuse();
    let media;
    try {
      media = await this.#phone.media(call, { muted: call.media.muted });
      if (offer.same && call.media.held) media.held = true;
      call.next = open(media);
    } catch (error) {
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
    call.next = undefined;
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
    call.next = undefined;
    media.close();
    if (call.over) return;
    if (call.left) this.#phone.end(call, cause);
    else this.#phone.problem(problem('TRANSFER', `the call was to be transferred, but that failed: ${cause.status ?? cause.text ?? ''}`));
    this.#phone.settled(call);
  }
}
