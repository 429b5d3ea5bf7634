// A softphone in a page, as a story drives it.

import assert from 'node:assert/strict';

import { audioOf, countMicrophones, gaugeSilence, openHubPhone } from './sip-page.mjs';
import { until } from './until.mjs';

/** What counts as silence: far less than the voices' sound, in energy of 300 ms. */
const SILENCE = 1e-4;
/** For how long a microphone may stay open after its call. */
const LET_GO_MS = 1000;

/** A softphone in a page, as a test drives it: `page` is where it runs, in `tab`. */
export class SipPhone {
  constructor({ adapter, user, page, tab, trouble, bench, settings }) {
    Object.assign(this, { adapter, user, page, tab, trouble, bench, settings });
  }

  /** Resolves when the promise of the softphone's method does. */
  ask(method, ...args) {
    return this.page.evaluate(([method, args]) => softphone[method](...args), [method, args]);
  }

  /** Runs it where signalling does. */
  inSignalling(task, arg) {
    return this.page.evaluate(task, arg);
  }

  events() {
    return this.page.evaluate(() => told);
  }

  reports() {
    return this.page.evaluate(() => reports);
  }

  /** The newest event of this type, with these values, once there is one. */
  told(type, values = {}) {
    const wanted = (event) => event.type === type && Object.entries(values).every(([key, value]) => event[key] === value);
    return until(async () => (await this.events()).findLast(wanted), {
      what: `${this.user} to tell ${type} ${JSON.stringify(values)}`,
    }).catch((error) => this.#explain(error));
  }

  /** Calls somebody; gives the call's id here. */
  async dials(other, options = {}) {
    const callId = `dialled-${Math.random().toString(36).slice(2)}`;
    await this.ask('dial', callId, other.user ?? other, options);
    return callId;
  }

  /** The call that rings here now, once one does. */
  async rings() {
    const waiting = (events) => {
      const over = new Set(events.filter(({ type }) => type === 'ended' || type === 'connected').map(({ callId }) => callId));
      return events.find(({ type, callId }) => type === 'incoming' && !over.has(callId));
    };
    return until(async () => waiting(await this.events()), { what: `${this.user}'s softphone to ring` });
  }

  audio(callId) {
    return this.page.evaluate(audioOf, callId);
  }

  /** Until sound flows as wanted, by getStats of this end: `{ speaks, hears }`. */
  sound(callId, wanted) {
    return until(
      async () => {
        const from = await this.audio(callId);
        if (!from) throw new Error('there is no connection yet');
        const to = await until(async () => {
          const now = await this.audio(callId);
          return now && now.at - from.at >= 300 && now;
        }, { what: '300 ms of audio' });
        const flows = (way) => to[way].packets > from[way].packets && to[way].energy - from[way].energy > SILENCE;
        const is = { speaks: flows('sent'), hears: flows('received') };
        if (Object.keys(wanted).every((way) => is[way] === wanted[way])) return true;
        throw new Error(JSON.stringify({ is, from, to }));
      },
      { what: `${this.user}'s sound to be ${JSON.stringify(wanted)}` },
    ).catch((error) => this.#explain(error));
  }

  async #explain(error) {
    error.message += `\n${this.user} told ${JSON.stringify(await this.events())}\nand reported ${JSON.stringify(await this.reports())}`;
    throw error;
  }

  live() {
    return this.page.evaluate(() => livePeerConnections());
  }

  /** The telephone events that came, of a phone opened with `ear`. */
  digits() {
    return this.page.evaluate(() => heardTones);
  }

  /** From now on the longest silence is looked for, of a phone opened with `gauge`; gives when sound was heard last, too. */
  heeds() {
    return this.page.evaluate(() => heeds());
  }

  /** `{ silence, began, last }` in ms since `heeds`: the longest silence, and when sound was heard first and last. */
  gauged() {
    return this.page.evaluate(() => gauged());
  }

  /** Its pages. */
  get tabs() {
    return [this.page];
  }

  /** Every microphone was let go within a second of its call's end, whatever ended it. */
  async letsGo() {
    for (const page of this.tabs) {
      await until(() => page.evaluate(() => microphones.open === 0), { what: `${this.user}'s microphone to be let go` });
      const { opened, longest, waited } = await page.evaluate(() => ({ opened: microphones.opened, longest: microphones.longest, waited: microphones.waited }));
      assert.ok(waited < LET_GO_MS, `${this.user}'s microphone was open for ${longest} ms after the call, ${waited} of them for no reason`);
      this.bench.counts({ opened, longest });
    }
  }

  /** Nothing is left: every call ended once, no connection is open, and signing off is heard. */
  async endsClean() {
    await until(async () => (await this.live()) === 0, { what: `${this.user}'s RTCPeerConnections to be closed` });
    await this.letsGo();
    const events = await this.events();
    for (const call of new Set(events.filter(({ callId }) => callId).map(({ callId }) => callId))) {
      const own = events.filter(({ callId }) => callId === call);
      assert.equal(own.filter(({ type }) => type === 'ended').length, 1, `${call} of ${this.user} ends once: ${JSON.stringify(own)}`);
      assert.equal(own.at(-1).type, 'ended', `nothing is told of ${call} after its end: ${JSON.stringify(own)}`);
    }
    assert.deepEqual(this.trouble, [], `${this.user}'s page has no uncaught error`);
    await until(async () => (await this.page.evaluate(() => softphone.dialogs)) === 0, { what: `${this.user}'s dialogs to be over` });
    await this.ask('stop');
    await until(async () => !(this.user in (await this.bench.server.registrations())), { what: `${this.user} to be signed off` });
  }

  async close() {
    await this.bench.leave(this.tab);
  }
}

/** One whose signalling is in a SharedWorker, and whose media is in the page that has the seat: `page`. */
export class HubPhone extends SipPhone {
  #tabs = new Set([this.page]);
  #lives = 0;

  get tabs() {
    return [...this.#tabs];
  }

  inSignalling(task, arg) {
    return this.page.evaluate(([task, arg]) => hub.ask('evaluate', [task, arg]), [String(task), arg]);
  }

  /** Another page of the same hub. */
  async opensTab() {
    const tab = await this.bench.open();
    tab.on('pageerror', (error) => this.trouble.push(error.message));
    await tab.evaluate(countMicrophones);
    await tab.evaluate(gaugeSilence);
    await tab.evaluate(openHubPhone, this.settings);
    this.#tabs.add(tab);
    return tab;
  }

  /** From now on calls are spoken in this page; resolves when they are. */
  async takesSeat(tab) {
    this.page = this.tab = tab;
    await tab.evaluate(() => hub.takeSeat());
  }

  /** Nobody has the seat; this page is there to ask from. */
  async leavesSeat(tab) {
    this.page = this.tab = tab;
    await tab.evaluate(() => hub.ask('seat', [null]));
  }

  async closes(tab) {
    this.#tabs.delete(tab);
    await tab.close();
  }

  /** Its renderer dies, as of too much memory. */
  async crashes(tab) {
    this.#tabs.delete(tab);
    const crashed = tab.waitForEvent('crash');
    const devtools = await tab.context().newCDPSession(tab);
    devtools.send('Page.crash').catch(() => {});
    await crashed;
    await tab.close();
  }

  /** The hub is gone without a word. */
  dies() {
    return this.page.evaluate(() => void hub.ask('close'));
  }

  /** This page begins another hub, which takes these calls up; resolves when each is up, or over. */
  async opensHub(tab, snapshots) {
    await Promise.all([...this.#tabs].map((one) => one.evaluate(() => hub.stopSeat())));
    await tab.evaluate(openHubPhone, { ...this.settings, life: ++this.#lives });
    this.page = this.tab = tab;
    await tab.evaluate(async (snapshots) => {
      await hub.takeSeat();
      await hub.ask('start');
      await hub.ask('softphone', ['takeUp', [snapshots]]);
    }, snapshots);
  }

  events() {
    return this.page.evaluate(() => hub.ask('told'));
  }

  reports() {
    return this.page.evaluate(async () => [...hub.reports, ...(await hub.ask('reports'))]);
  }

  /** In all its pages. */
  async live() {
    const counts = await Promise.all([...this.#tabs].map((tab) => tab.evaluate(() => livePeerConnections())));
    return counts.reduce((sum, count) => sum + count, 0);
  }

  async close() {
    await this.page.evaluate(() => void hub.ask('close'));
    await Promise.all([...this.#tabs].map((tab) => this.bench.leave(tab)));
  }
}
