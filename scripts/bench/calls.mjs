// Calls one after the other on one page of the portal, as fast as they can be told.

import { CUSTOMER, LINE } from '../../tests/support/portal.mjs';
import { until } from '../../tests/support/until.mjs';
import { barePage } from './bare-page.mjs';

/** So many calls, and the portal forgets them: it tells all of its pages of all calls at every change. */
const REMEMBERED = 20;

export class Calls {
  #count = 0;

  /**
   * @param {import('./candidates.mjs').Candidate} candidate
   * @param {import('playwright-core').BrowserContext} context
   */
  static async openOn(candidate, context) {
    const page = await barePage(context);
    const it = Object.assign(new Calls(), { candidate, api: candidate.simulator.api, page });
    await page.goto(candidate.simulator.url);
    it.id = await page.evaluate(() => document.documentElement.dataset.page);
    await it.#until('phone.registered', 1, '');
    await until(async () => (await it.#log('in', 'placementBindEvent')).length >= 17, { what: `${candidate.name} to listen` });
    return it;
  }

  /** The hidden frame. */
  get frame() {
    return this.page.frames().find((it) => it.url().startsWith(this.candidate.host.url));
  }

  /** A customer calls, until the card says so. */
  async ring() {
    if (this.#count++ % REMEMBERED === 0) await this.#forget();
    this.since = (await this.api('GET', '/sim/state')).log;
    await this.api('POST', '/sim/phone/call', { number: CUSTOMER.number, displayName: CUSTOMER.name, line: LINE });
    await this.card('incoming');
  }

  /** The operator clicks, until the card says connected. */
  async answer() {
    await this.#click('answer');
    await this.card('connected');
  }

  /** The operator hangs up, until the call is finished and its card gone. */
  async hangUp() {
    await this.#click('hangup');
    await this.over();
  }

  async customerHangsUp() {
    await this.api('POST', '/sim/phone/hangup', {});
    await this.over();
  }

  /** Until the call is finished and its card gone. */
  async over() {
    await this.api('GET', `/sim/wait?kind=rest&name=telephony.externalCall.finish&since=${this.since}`);
    await this.#until('card', null, this.id);
  }

  card(state) {
    return this.#until('card.uiState', state, this.id);
  }

  async #forget() {
    await this.api('POST', '/sim/reset', { keepApp: true });
    // A card that has gone before its tab's mark is set keeps the next one away for five seconds.
    await this.api('PUT', '/sim/faults', { cardMarkMs: 0 });
  }

  #click(button) {
    return this.api('POST', `/sim/pages/${this.id}/click`, { button });
  }

  #until(path, is, page) {
    return this.api('GET', `/sim/wait?path=${path}&is=${is}${page && `&page=${page}`}`);
  }

  async #log(kind, name) {
    return (await this.api('GET', '/sim/log?since=0')).filter((it) => it.page === this.id && it.kind === kind && it.name === name);
  }
}
