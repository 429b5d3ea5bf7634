// Whether the SIP server knows where we are: asked again after a refusal, as late as the server wants it, and told when it
// changes.

import { discreet, problem } from '../lib/problem.js';
import { Backoff } from './backoff.js';

/** A wrong account does not mend itself, and many tries look like an attack. */
const FINAL = [401, 403, 404, 407];

export class Registration {
  #options;
  #phone;
  #backoff;
  #timer;
  #told;
  #refused;
  #stopped = false;

  /**
   * @param {{ reconnect: { first: number, last: number } }} options
   * @param {{ isOpen(): boolean, register(): void, emit(event: object): void, problem(error: Error): void }} phone
   */
  constructor(options, phone) {
    this.#options = options;
    this.#phone = phone;
    this.#backoff = new Backoff(options.reconnect);
  }

  /** @param {{ status: number, text: string, retryAfter?: number }} [answer] the server's, where there was one */
  is(registered, answer) {
    // Some refusals are told twice, and the second time nothing is to be done, nor undone.
    if (!registered && answer && answer === this.#refused) return;
    clearTimeout(this.#timer);
    if (registered) this.#backoff.reset();
    else if (this.#phone.isOpen() && !this.#stopped) {
      this.#refused = answer;
      this.#again(answer);
    }
    this.#tell(registered, answer?.text);
  }

  #again({ status, text = '', retryAfter = 0 } = {}) {
    const wait = FINAL.includes(status) ? this.#options.reconnect.last : this.#backoff.next();
    this.#timer = setTimeout(() => this.#phone.isOpen() && this.#phone.register(), Math.max(wait, retryAfter * 1000));
    this.#phone.problem(problem('UNREGISTERED', `the SIP server refused the registration: ${status ?? 'no answer'} ${text}`.trim()));
  }

  lost() {
    this.#tell(false, 'the connection to the SIP server is lost');
  }

  #tell(registered, text) {
    if (registered === this.#told || this.#stopped) return;
    this.#told = registered;
    this.#phone.emit(registered ? { type: 'registered' } : { type: 'unregistered', ...(text && { text: discreet(text) }) });
  }

  stop() {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}
