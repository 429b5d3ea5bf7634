// A portal page with the worker in its hidden frame, as an operator and as a tester see it.
//
// What an operator does is done with the mouse. What is only looked at goes through the
// simulator's HTTP interface, or quietly into the frame: nothing here counts as a user gesture
// in the worker's frame, so that sound plays there for the reasons it would in production.

import { readFileSync } from 'node:fs';
import { evaluateQuietly, WINDOW } from './browser.mjs';
import { PATIENCE_MS, until } from './until.mjs';

/** The placement's seventeen events, from the portal's documentation. */
export const EVENTS = [
  'initialized', 'addCommentButtonClick', 'muteButtonClick', 'holdButtonClick', 'closeButtonClick',
  'transferButtonClick', 'cancelTransferButtonClick', 'completeTransferButtonClick', 'hangupButtonClick',
  'nextButtonClick', 'skipButtonClick', 'answerButtonClick', 'entityChanged', 'qualityMeterClick',
  'dialpadButtonClick', 'makeCallButtonClick', 'notifyAdminButtonClick',
].map((name) => `BackgroundCallCard::${name}`);

const directory = JSON.parse(
  readFileSync(new URL('../../crates/simulator/www/directory.json', import.meta.url), 'utf8'),
);

/** The customer whose page is open, as the simulated CRM has her. */
export const CUSTOMER = { name: directory.clients[0].name, number: directory.clients[0].phones[0].number };
/** The company's line. */
export const LINE = directory.lines[0].number;

export class Portal {
  /** @type {import('playwright-core').Page} */
  page;

  /**
   * Opens the portal in a browser context of its own, which has its own storage.
   * `holdAssets`: the handler's files are answered only after `releaseAssets()`.
   */
  static async open(browser, stack, { holdAssets = false, path = '/' } = {}) {
    const portal = new Portal();
    portal.stack = stack;
    portal.api = stack.simulator.api;
    portal.context = await browser.newContext(WINDOW);
    await portal.context.addInitScript(countPeerConnections);
    if (holdAssets) await portal.#holdAssets();
    portal.page = await portal.context.newPage();
    await portal.visit(path);
    return portal;
  }

  async #holdAssets() {
    let ask, release;
    const asked = new Promise((resolve) => (ask = resolve));
    const released = new Promise((resolve) => (release = resolve));
    await this.context.route(`${this.stack.host.url}/assets/**`, async (route) => {
      ask();
      await released;
      await route.continue().catch(() => {}); // the page may have gone meanwhile
    });
    this.releaseAssets = () => asked.then(release); // none held, none released
  }

  /** Goes to a page of the portal. */
  async visit(path) {
    await this.page.goto(new URL(path, this.stack.simulator.url).href);
    this.id = await this.page.evaluate(() => document.documentElement.dataset.page);
  }

  /** Goes where no page of the portal is. */
  leave() {
    return this.page.goto(`${this.stack.simulator.url}/sim/pages`);
  }

  /** Presses the browser's Back button. Of a page that comes back as it was kept the driver knows no frames. */
  comeBack() {
    return this.page.goBack({ waitUntil: 'commit' });
  }

  /** Another tab of the same operator in the same browser, its worker ready. */
  async anotherTab(path = '/') {
    const tab = Object.assign(new Portal(), { stack: this.stack, api: this.api, context: this.context });
    tab.page = await this.context.newPage();
    await tab.visit(path);
    tab.close = () => tab.page.close();
    return tab.ready();
  }

  /** The page of another employee, in a browser of their own. */
  async colleague(browser, user) {
    const page = await Portal.open(browser, this.stack, { path: `/?user=${user}` });
    return page.ready();
  }

  async close() {
    await this.context.close();
  }

  // ----- the worker's frame

  /** The hidden frame of the handler. */
  get frame() {
    const frame = this.page.frames().find((it) => it.url().startsWith(this.stack.host.url));
    if (!frame) throw new Error(`the page has no frame of ${this.stack.host.url}`);
    return frame;
  }

  /** Runs `fn(arg)` in the worker's frame without counting as a gesture. */
  async ask(fn, arg) {
    return evaluateQuietly(this.frame, fn, arg); // without a frame it rejects, as whoever catches expects
  }

  /** `{ state, errors }` of the page's diagnostics. */
  diagnostics() {
    return this.ask(() => {
      const { state, errors } = globalThis.b24worker ?? { state: 'absent', errors: [] };
      return { state, errors: errors.map(({ code, message }) => ({ code, message })) };
    });
  }

  /** Until the worker is up and its softphone registered. Tells the worker's own error if it fails. */
  async ready() {
    let failure;
    await until(
      async () => {
        const { state, errors } = await this.diagnostics();
        if (state === 'failed') failure = errors.at(-1) ?? { code: 'UNKNOWN', message: 'it gave no error' };
        if (failure || state === 'ready') return true;
        throw new Error(`it is ${state}${errors.map(({ code, message }) => `, ${code}: ${message}`).join('')}`);
      },
      { what: 'the worker in the hidden frame to be ready' },
    );
    if (failure) throw new Error(`the worker failed to start: ${failure.code}: ${failure.message}`);
    await until(async () => (await this.api('GET', '/sim/phone')).registered > 0, {
      what: 'the softphone to be registered with the telephone network',
    });
    await until(async () => (await this.binds()).length >= EVENTS.length, {
      what: `the worker to bind the ${EVENTS.length} events of the card`,
    });
    return this;
  }

  /** RTCPeerConnections of the frame that are not closed. */
  livePeerConnections() {
    return this.ask(() => globalThis.b24livePeerConnections());
  }

  /** Until no RTCPeerConnection is left open. */
  silent() {
    return until(async () => (await this.livePeerConnections()) === 0, {
      what: 'every RTCPeerConnection of the frame to be closed',
    });
  }

  // ----- the card

  /** The card's state as the page shows it; null without a card. */
  cardState() {
    return this.page.evaluate(() => document.querySelector('[data-card]')?.dataset.state ?? null);
  }

  /** Until the card is in `state`; null for no card at all. */
  card(state) {
    const words = (is) => (is === null ? 'gone' : `in the state ${is}`);
    return until(
      async () => {
        const now = await this.cardState();
        if (now === state && state === 'connected') this.connectedSeenAt ??= Date.now();
        if (now === state) return true;
        throw new Error(`it is ${words(now)}`);
      },
      { what: `the card to be ${words(state)}` },
    );
  }

  /**
   * The operator clicks a button of the card. The worker draws a card's buttons anew now and then, as it may have been
   * unfolded; a click that has begun on the old ones is lost then, as on the portal, and she clicks again.
   */
  async press(button) {
    for (let clicks = 0; clicks < 3; clicks++) {
      await this.page.evaluate(noteClick);
      await this.page.locator(`[data-card] [data-button="${button}"]`).click();
      if ((await this.page.evaluate(() => globalThis.clickedButton)) === button) return;
    }
    throw new Error(`three clicks on ${button} met another element`);
  }

  /** Whether a button of the card is pressed in. */
  pressed(button) {
    return until(
      async () => (await this.page.locator(`[data-card] [data-button="${button}"]`).getAttribute('aria-pressed', { timeout: 2000 })) === 'true',
      { what: `the card's ${button} button to be pressed in` },
    );
  }

  released(button) {
    return until(
      async () => (await this.page.locator(`[data-card] [data-button="${button}"]`).getAttribute('aria-pressed', { timeout: 2000 })) === 'false',
      { what: `the card's ${button} button to be out again` },
    );
  }

  /** The operator opens the keypad, types, and closes it. */
  async type(keys) {
    await this.press('dialpad');
    for (const key of keys) await this.page.locator(`[data-card] [data-key="${key}"]`).click();
    await this.press('dialpad');
  }

  /** The operator clicks a phone number on the portal's page. */
  async clickNumber(number) {
    await this.page.locator(`[data-call="${number}"]`).first().click();
  }

  // ----- the customer's phone

  ring({ number = CUSTOMER.number, displayName = CUSTOMER.name, line = LINE } = {}) {
    return this.api('POST', '/sim/phone/call', { number, displayName, line });
  }

  /** A customer calls, is answered on the card, and both hear each other. */
  async talks(customer) {
    await this.ring(customer);
    await this.card('incoming');
    await this.press('answer');
    await this.card('connected');
    await this.sound({ speaks: true, hears: true });
  }

  customer(action, body = {}) {
    return this.api('POST', `/sim/phone/${action}`, body);
  }

  /** The newest call as the telephone network knows it. */
  async phoneCall() {
    return (await this.api('GET', '/sim/phone')).calls.at(-1);
  }

  /** Until the newest call on the network is in `state`: `ringing`, `connected` or `ended`. */
  network(state) {
    return until(
      async () => {
        const call = await this.phoneCall();
        return call?.state === state && call;
      },
      { what: `the customer's phone to be ${state}` },
    );
  }

  /** Until the customer's phone knows this of the call: `{ held, muted }`. */
  customerSees(wanted) {
    return until(
      async () => {
        const call = await this.phoneCall();
        if (Object.entries(wanted).every(([key, is]) => call[key] === is)) return call;
        throw new Error(`it knows held: ${call.held}, muted: ${call.muted}`);
      },
      { what: `the customer's phone to be told ${JSON.stringify(wanted)}` },
    );
  }

  /** Until the customer's phone has received these tones. */
  async tones(wanted) {
    const call = await until(
      async () => {
        const now = await this.phoneCall();
        return now?.tones === wanted && now;
      },
      { what: `the customer's phone to receive the tones ${wanted}` },
    );
    return call.tones;
  }

  /** Until the newest call has been up for so many seconds. */
  talked(seconds) {
    return until(
      async () => {
        const { answeredAt, state } = await this.phoneCall();
        return state === 'connected' && Date.now() - answeredAt >= seconds * 1000;
      },
      { what: `the call to last ${seconds} s`, timeoutMs: seconds * 1000 + PATIENCE_MS },
    );
  }

  /** The calls of the network that the operators have made, oldest first. */
  async outgoing() {
    return (await this.api('GET', '/sim/phone')).calls.filter(({ direction }) => direction === 'outgoing');
  }

  // ----- several tabs

  /** Until so many pages listen to the pull channel. */
  listening({ pages = 1, transport = 'websocket' } = {}) {
    return until(
      async () => (await this.api('GET', '/sim/pull')).filter((it) => it.transport === transport).length === pages,
      { what: `${pages} page(s) to listen by ${transport}` },
    );
  }

  /** Until a card is connected, in whichever tab. */
  connectedSomewhere() {
    return until(async () => (await this.api('GET', '/sim/pages')).some(({ card }) => card?.uiState === 'connected'), {
      what: 'a card to be connected',
    });
  }

  // ----- the record and the log

  /** Calls the portal knows, oldest first. */
  calls() {
    return this.api('GET', '/sim/calls');
  }

  /** Until `count` calls are recorded as finished; gives the newest. */
  async recorded(count = 1) {
    return until(
      async () => {
        const finished = (await this.calls()).filter((call) => call.finish);
        return finished.length >= count && finished.at(-1);
      },
      { what: `call ${count} to be recorded by telephony.externalCall.finish` },
    );
  }

  async log() {
    return (await this.api('GET', '/sim/log?since=0')).filter((entry) => entry.page === this.id);
  }

  /** Names of the events this page's frame asked to be bound, in order. */
  async binds() {
    return (await this.log())
      .filter((entry) => entry.kind === 'in' && entry.name === 'placementBindEvent')
      .map((entry) => entry.text.split(' ')[0]);
  }

  /**
   * What holds for every page, whatever happened on it. Gives the broken promises, none if all hold:
   * each event bound once and all before the first command; no command ever without a card;
   * no strike on the load clock.
   */
  async brokenPromises() {
    const log = await this.log();
    const broken = [];
    const binds = await this.binds();
    for (const event of EVENTS) {
      const times = binds.filter((name) => name === event).length;
      if (times !== 1) broken.push(`${event} was bound ${times} times`);
    }
    const lastBind = log.findLastIndex((entry) => entry.name === 'placementBindEvent');
    const firstCommand = log.findIndex((entry) => entry.kind === 'in' && entry.name.startsWith('CallCard'));
    if (firstCommand >= 0 && firstCommand < lastBind) {
      broken.push(`${log[firstCommand].name} came before the last event was bound`);
    }
    for (const entry of log) {
      // By SetMute the worker asks whether a card is still there that `finish` takes away without a word.
      const asks = entry.name === 'CallCardSetMute';
      if (!asks && entry.text.includes('Call card is undefined')) broken.push(`${entry.name} was answered "Call card is undefined"`);
    }
    const { strikes } = await this.api('GET', '/sim/state');
    if (strikes > 0) broken.push(`${strikes} strike(s) on the load clock`);
    return broken;
  }

  /** Until the portal's load clock has stopped: milliseconds from the frame's creation to its `load`. */
  loaded() {
    return until(
      async () => {
        const { frames } = await this.api('GET', `/sim/pages/${this.id}`);
        return frames[0]?.loadMs ?? false;
      },
      { what: 'the load clock to stop' },
    );
  }

  // ----- sound

  /** What the call's audio has done so far, by getStats of the worker's RTCPeerConnection. */
  audio() {
    return this.ask(async () => {
      const { softphone, worker } = globalThis.b24worker;
      const call = worker.call?.phoneCallId;
      const connection = call && softphone.peerConnection?.(call);
      if (!connection) return null;
      const totals = { at: performance.now(), sent: 0, received: 0, said: 0, heard: 0 };
      let source = false; // Firefox measures what is said only where it is heard
      for (const stat of (await connection.getStats()).values()) {
        if (stat.kind !== 'audio') continue;
        if (stat.type === 'outbound-rtp') totals.sent += stat.packetsSent;
        if (stat.type === 'inbound-rtp') {
          totals.received += stat.packetsReceived;
          totals.heard += stat.totalAudioEnergy ?? 0;
        }
        if (stat.type === 'media-source' && stat.totalAudioEnergy !== undefined) {
          source = true;
          totals.said += stat.totalAudioEnergy;
        }
      }
      if (source) return totals;
      const farEnd = globalThis.b24farEndOf(connection);
      for (const stat of (await farEnd?.getStats())?.values() ?? []) {
        if (stat.kind === 'audio' && stat.type === 'inbound-rtp') totals.said += stat.totalAudioEnergy ?? 0;
      }
      return totals;
    });
  }

  /**
   * The audio of the next `ms`: packets a second each way, and whether sound (not silence)
   * goes out and comes in.
   */
  async flow(ms = 500) {
    const from = await until(() => this.audio(), { what: "the call's RTCPeerConnection" });
    const to = await until(
      async () => {
        const now = await this.audio();
        return now && now.at - from.at >= ms && now;
      },
      { what: `${ms} ms of the call's audio` },
    );
    const seconds = (to.at - from.at) / 1000;
    const sent = Math.round((to.sent - from.sent) / seconds);
    const received = Math.round((to.received - from.received) / seconds);
    return {
      sent,
      received,
      speaks: sent > 0 && to.said - from.said > SILENCE * seconds,
      hears: received > 0 && to.heard - from.heard > SILENCE * seconds,
    };
  }

  /** Until sound flows as wanted: `{ speaks, hears }`, each true or false. */
  sound(wanted) {
    const words = Object.entries(wanted).map(([way, is]) => `${is ? '' : 'no '}sound ${way === 'speaks' ? 'to' : 'from'} the customer`);
    return until(
      async () => {
        const flow = await this.flow();
        if (Object.entries(wanted).every(([way, is]) => flow[way] === is)) return flow;
        throw new Error(`${flow.sent} packets/s out, ${flow.received} in, speaks: ${flow.speaks}, hears: ${flow.hears}`);
      },
      { what: words.join(' and ') },
    );
  }
}

/** Energy a second (1 is full scale) below which a stream counts as silent. */
const SILENCE = 1e-6;

// Runs in every document before its own scripts. The worker's frame is asked how many it left open.
export function countPeerConnections() {
  const Native = globalThis.RTCPeerConnection;
  if (!Native) return;
  const made = [];
  globalThis.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(...args) {
      super(...args);
      made.push(this);
    }
  };
  const ufrag = (description) => /a=ice-ufrag:(\S+)/.exec(description?.sdp ?? '')?.[1];
  /** The other end of a connection, if it is in this document. */
  globalThis.b24farEndOf = (near) => made.find((it) => it.signalingState !== 'closed' && it !== near
    && it.remoteDescription && ufrag(it.remoteDescription) === ufrag(near.localDescription));
  globalThis.b24livePeerConnections = () => made.filter((it) => it.signalingState !== 'closed').length;
}

/** In the page: which button the next click meets. */
function noteClick() {
  globalThis.clickedButton = undefined;
  const note = ({ target }) => (globalThis.clickedButton = target.closest?.('[data-button]')?.dataset.button);
  addEventListener('click', note, { capture: true, once: true });
}
