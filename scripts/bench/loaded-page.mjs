// A page of the portal with a candidate in its hidden frame, timed by the simulator's own record.

import { evaluateQuietly } from '../../tests/support/browser.mjs';
import { CUSTOMER, EVENTS, LINE } from '../../tests/support/portal.mjs';
import { PATIENCE_MS, until } from '../../tests/support/until.mjs';
import { barePage } from './bare-page.mjs';

export class LoadedPage {
  /** @param {import('./candidates.mjs').Candidate} candidate whose portal forgets what was */
  static async openIn(context, candidate) {
    await candidate.simulator.api('POST', '/sim/reset', {});
    const it = new LoadedPage();
    Object.assign(it, { candidate, api: candidate.simulator.api, page: await barePage(context) });
    return it;
  }

  /**
   * The portal's page, once more. Milliseconds from the creation of the frame: `clock` to its load, `listening` to the last of
   * the seventeen binds that the portal took; null if that takes longer than `patienceMs`.
   */
  async load(patienceMs = PATIENCE_MS) {
    await this.page.goto(this.candidate.simulator.url);
    this.id = await this.page.evaluate(() => document.documentElement.dataset.page);
    const frame = await until(async () => {
      const [first] = (await this.api('GET', `/sim/pages/${this.id}`)).frames;
      return first?.loads > 0 && first;
    }, { what: `the frame of ${this.candidate.name} to load` });
    const clock = frame.loadMs;
    this.listeningAt = this.candidate.listens && patienceMs ? await this.#bound(patienceMs) : null;
    if (this.listeningAt === null) return { clock, listening: null, strikes: frame.strikes };
    const loaded = (await this.#log()).find(({ kind, sid }) => kind === 'clock' && sid === frame.sid);
    return { clock, listening: this.listeningAt - (loaded.at - clock), strikes: frame.strikes };
  }

  /** Until the browser has the page, which ours gives to a service worker a while after its load. */
  async kept() {
    if (!this.candidate.ours) return;
    const active = () => navigator.serviceWorker.getRegistration().then((it) => it?.active?.state === 'activated');
    await until(() => evaluateQuietly(this.#frame(), active), { what: `the browser to keep the page of ${this.candidate.name}` });
  }

  #frame() {
    return this.page.frames().find((it) => it.url().startsWith(this.candidate.host.url));
  }

  async #bound(timeoutMs) {
    try {
      return await until(async () => lastBind(await this.#log()), { what: `${this.candidate.name} to bind all events`, timeoutMs });
    } catch (error) {
      if (timeoutMs < PATIENCE_MS) return null;
      throw error;
    }
  }

  async #log() {
    return (await this.api('GET', '/sim/log?since=0')).filter(({ page }) => page === this.id);
  }

  /** Whether a call rings on the card within that time: a customer's for ours, the portal's own for who has no softphone. */
  async rings(timeoutMs = PATIENCE_MS) {
    const rang = this.candidate.ours ? () => this.#cardRings() : () => this.#isTold();
    try {
      return await until(rang, { what: `a ring to reach ${this.candidate.name}`, timeoutMs });
    } catch (error) {
      if (timeoutMs < PATIENCE_MS) return false;
      throw error;
    }
  }

  async #cardRings() {
    // Refused for as long as no softphone is registered.
    this.call ??= await this.api('POST', '/sim/phone/call', { number: CUSTOMER.number, line: LINE });
    return (await this.api('GET', `/sim/pages/${this.id}`)).card?.uiState === 'incoming';
  }

  async #isTold() {
    this.call ??= await this.api('POST', '/sim/calls', { PHONE_NUMBER: CUSTOMER.number, TYPE: 2, LINE_NUMBER: LINE });
    const told = (id) => globalThis.heard.some(([name, data]) => name === 'BackgroundCallCard::initialized' && data.CALL_ID === id);
    return evaluateQuietly(this.#frame(), told, this.call.CALL_ID);
  }
}

/** When the last of the seventeen events was bound; false while one is not. What comes before the interface is dropped by the portal. */
export function lastBind(log) {
  const bound = new Map();
  for (const [nth, { kind, name, text, at }] of log.entries()) {
    if (kind !== 'in' || name !== 'placementBindEvent' || log[nth + 1]?.name === 'dropped') continue;
    const event = text.split(' ')[0];
    if (!bound.has(event)) bound.set(event, at);
  }
  return EVENTS.every((event) => bound.has(event)) && Math.max(...bound.values());
}
