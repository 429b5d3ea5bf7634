// Calls we make: whom the number means, as whom we call, and what becomes of a refusal that says how to call instead.

import { problem } from '../lib/problem.js';
import { dialled, target } from './dialled.js';
import { headerLines } from './headers.js';

export class Outgoing {
  #options;
  #phone;

  /** @param phone what of the phone it takes: `{ isOpen, open, invite, listen, fail }` */
  constructor(options, phone) {
    this.#options = options;
    this.#phone = phone;
  }

  /** What was dialled, as a SIP address. */
  address(text) {
    return target(text, this.#options.domain, this.#options.numbering);
  }

  async dial(call, number, { line, headers } = {}) {
    try {
      call.postDial = dialled(number).tones;
      await this.#invite(call, this.address(number), { headers: [...this.#identity(line), ...headerLines({ ...this.#options.extraHeaders, ...headers })] });
    } catch (error) {
      this.#phone.fail(call, error);
    }
  }

  async #invite(call, to, how) {
    if (!this.#phone.isOpen()) throw problem('UNREGISTERED', 'the SIP server can\'t be reached');
    const media = await this.#phone.open(call);
    Object.assign(call, { invited: how, invitedTo: to });
    call.join(this.#phone.invite(to, media, how), media);
    this.#phone.listen(call);
  }

  /** Whom to call as, where there are several numbers: asked of the server (RFC 3325), which may know better. */
  #identity(line) {
    if (!line || !this.#options.preferredIdentity) return [];
    const to = this.address(line);
    return to === this.#options.uri ? [] : [`P-Preferred-Identity: <${to}>`];
  }

  /** A refusal that says how the call may be made all the same is followed, once. */
  tryElsewhere(call, { movedTo, minSe }) {
    if (call.tried || !(minSe || (movedTo && this.#options.followRedirects))) return false;
    call.tried = true;
    const { headers } = call.invited;
    const how = minSe ? { headers: [...headers, `Min-SE: ${minSe}`], sessionTimers: Math.max(minSe, this.#options.sessionTimers || 0) } : { headers };
    Promise.resolve().then(() => this.#invite(call, movedTo ? this.address(movedTo) : call.invitedTo, how)).catch((error) => this.#phone.fail(call, error));
    return true;
  }
}
