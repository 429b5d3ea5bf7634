// What the other side and its server say beside what a library tells: who they are, by which number we were
// called, why it is over. Kept by Call-ID, which is all that the two libraries' calls have in common.

import { identity, readUri, split } from './address.js';
import { parts } from './message.js';
import { reasons } from './reasons.js';

/** Calls that are remembered; one that is over is forgotten by the phone. */
const KEPT = 200;

export class Heard {
  /** The final answer to the newest REGISTER, once there is one: `{ status, text, retryAfter }`. */
  registration;
  #calls = new Map();
  #options;
  #on;

  /**
   * @param {{ uri: string, assertedIdentity: boolean, headers: string[], externalId: string }} options
   * @param {{ identity(callId: string, who: { number: string, displayName?: string }): void, referOver(callId: string): void, isOurContact(user: string): boolean }} on `isOurContact`:
   *   a user we made up, which names nobody
   */
  constructor(options, on) {
    this.#options = options;
    this.#on = on;
  }

  /** @returns what is known of a call; of one nobody has heard of nothing is */
  of(callId) {
    return this.#calls.get(callId) ?? { reasons: [] };
  }

  forget(callId) {
    this.#calls.delete(callId);
  }

  /** What we have sent. */
  asked(message) {
    if (message.method === 'REGISTER' && !message.status) this.registration = undefined;
  }

  hear(message) {
    if (message.method === 'REGISTER') return this.#registered(message);
    if (!message.callId || !['INVITE', 'UPDATE', 'CANCEL', 'BYE', 'INFO', 'REFER', 'NOTIFY'].includes(message.method)) return;
    const call = this.#call(message.callId);
    if (message.status) this.#answer(call, message);
    else if (message.method === 'INVITE' && !message.inDialog) this.#called(call, message);
    else if (message.method === 'CANCEL' || message.method === 'BYE') call.reasons.push(...reasons(message));
    else if (message.method === 'REFER') call.referrer = readUri(split(message.get('from')).uri).host;
    else if (message.method === 'NOTIFY') this.#notified(message);
    else if (message.method === 'INVITE' || message.method === 'UPDATE') this.#connectedTo(call, message, 'from');
  }

  #call(callId) {
    let call = this.#calls.get(callId);
    if (!call) {
      call = { reasons: [] };
      this.#calls.set(callId, call);
      if (this.#calls.size > KEPT) this.#calls.delete(this.#calls.keys().next().value);
    }
    return call;
  }

  #called(call, message) {
    const { assertedIdentity: trusted, headers } = this.#options;
    const { number, displayName } = identity(message, { header: 'from', trusted });
    const chosen = Object.fromEntries(headers.map((name) => [name, message.get(name)]).filter(([, value]) => value !== undefined));
    Object.assign(call, { who: { number, ...(displayName && { displayName }) }, line: this.#line(message), headers: chosen, externalId: this.#externalId(message), answerAfter: answerAfter(message) });
  }

  /** The number that was called: our own address in From and To says nothing that is not known. */
  #line(message) {
    const user = (value) => readUri(split(parts(value ?? '')[0]).uri).user;
    const asked = readUri(message.uri).user;
    const candidates = [user(message.get('p-called-party-id')), user(message.get('to')), asked];
    // A number that was dialled goes before the extension that it led to.
    const known = candidates.filter((it) => it && !this.#on.isOurContact(it));
    return known.find((it) => it !== readUri(this.#options.uri).user) ?? known[0];
  }

  #externalId(message) {
    return message.get(this.#options.externalId) ?? message.callId;
  }

  #answer(call, message) {
    const { status, method } = message;
    if (status === 481) call.gone = true;
    if (method !== 'INVITE') return;
    if (status > 100 && status < 300) this.#connectedTo(call, message, 'to');
    if (status > 100 && message.get(this.#options.externalId)) call.externalId = this.#externalId(message);
    if (status < 300) return;
    call.reasons.push(...reasons(message));
    const minSe = Number(/^\d+/.exec(message.get('min-se') ?? '')?.[0]);
    Object.assign(call, { retryAfter: retryAfter(message), ...(status === 422 && minSe && { minSe }) });
    if (status === 301 || status === 302) call.movedTo = message.all('contact').flatMap((value) => parts(value)).map((value) => split(value).uri)[0];
  }

  /** What the server asserts now, where it asserts anything: the one who answered, or who has taken the call over. */
  #connectedTo(call, message, header) {
    if (!this.#options.assertedIdentity) return;
    const { asserted, number, displayName } = identity(message, { header, trusted: true });
    if (!asserted) return;
    const who = { number, ...(displayName && { displayName }) };
    if (call.who && call.who.number === who.number && call.who.displayName === who.displayName) return;
    call.who = who;
    if (message.status >= 200) call.answeredBy = who;
    this.#on.identity(message.callId, who);
  }

  /** The last word on a transfer (RFC 3515), which need not say how it went. */
  #notified(message) {
    const over = /^terminated/i.test(message.get('subscription-state') ?? '');
    // SIP.js says that it is over with each one, also with those that say that it goes on.
    const says = /^SIP\/2\.0 \d{3}/.test(message.body.trim());
    if (over && /^refer/i.test(message.get('event') ?? '') && !says) this.#on.referOver(message.callId);
  }

  #registered(message) {
    if (!message.status || message.status < 200) return;
    const text = message.first.replace(/^\S+ \d+ ?/, '');
    this.registration = { status: message.status, text, retryAfter: retryAfter(message) };
  }
}

/** In seconds; of a comment or a duration beside it nothing is taken. */
const retryAfter = (message) => {
  const seconds = Number(/^\d+/.exec(message.get('retry-after') ?? '')?.[0]);
  return Number.isFinite(seconds) ? seconds : undefined;
};

/**
 * After how many seconds the PBX wants the call to be answered without anybody's doing, where it wants that: an
 * intercom, or a call that somebody has begun at the PBX. Each maker has a header of its own.
 */
function answerAfter(message) {
  const info = message.all('call-info').concat(message.all('alert-info')).join();
  const seconds = /answer-after\s*=\s*"?(\d+)/i.exec(info)?.[1];
  if (seconds) return Number(seconds);
  const asked =
    /info\s*=\s*"?(alert-)?auto-?answer|\b(auto[- ]?answer|ring-answer|intercom)\b/i.test(info) ||
    ['answer-mode', 'priv-answer-mode'].some((name) => /^auto/i.test(message.get(name) ?? '')) ||
    ['x-auto-answer', 'x-autoanswer'].some((name) => /^(1|true|yes|on)$/i.test(message.get(name) ?? ''));
  return asked ? 0 : undefined;
}
