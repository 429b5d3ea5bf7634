// A softphone as a story drives it, through a bench that opens it in a real page. A bench is
//
//     ask(method, ...args)    calls the softphone; settles as its promise does
//     has(method)             whether the softphone has this method
//     events()                what it has emitted, oldest first
//     farEnd                  call(number), answer(), hangUp(), and where it can: decline(status), digits(), ended(), hold(held)
//     audio(callId)           { sent, received: { packets, energy } }, undefined without a connection
//     live()                  RTCPeerConnections that are not closed
//     close()
//
// and, where it can, `microphones()` that are open, `refuseMicrophone()` from now on, `microphonesAsked()` since, and
// `trouble()`: what was thrown and caught by nobody; `reports()`: what it has told the page of.

import { expect } from './expect.js';
import { everyCallEnded, wellFormed } from './rules.js';
import { PATIENCE_MS, until } from './until.js';

const CUSTOMER = '+15550199';
/** A look at the sound. Chromium's own microphone beeps twice a second: the longer one has a beep in it. */
const WINDOW_MS = 300;
const LONG_WINDOW_MS = 600;
/** How long silence must last: what comes back, comes back a moment later. */
const SILENT_MS = 1200;
/** What counts as silence: far less than either side's sound, in energy of a window. */
const SILENCE = 1e-4;
/** For how long nothing more may be told once all is over. */
const QUIET_MS = 200;
/** What must not wait for the network. */
const AT_ONCE_MS = 1000;

const pause = (ms) => new Promise((wake) => setTimeout(wake, ms));

export class Phone {
  /** The calls that were dialled: their ids are the worker's. */
  dialled = new Set();
  /** The calls that another page may take up: there is a snapshot of them. */
  left = new Set();
  #patienceMs;
  #hears;

  constructor(bench, { patienceMs = PATIENCE_MS, hears = true } = {}) {
    this.bench = bench;
    this.farEnd = bench.farEnd;
    this.#patienceMs = patienceMs;
    this.#hears = hears;
  }

  ask(...args) {
    return this.bench.ask(...args);
  }

  until(condition, what, timeoutMs = this.#patienceMs) {
    return until(condition, { what, timeoutMs });
  }

  // ---- calls

  /** The number the far end calls from, and is called at. */
  get customer() {
    return this.farEnd.number ?? CUSTOMER;
  }

  /** The far end calls; gives the call's id once it rings. */
  async rings() {
    const incoming = async () => (await this.bench.events()).filter(({ type }) => type === 'incoming');
    const before = (await incoming()).length;
    await this.farEnd.call(this.customer);
    return (await this.until(async () => (await incoming())[before], 'the softphone to ring')).callId;
  }

  /** A name for a call that is to be dialled, as the worker gives them. */
  names() {
    const call = `worker-${Math.random().toString(36).slice(2)}`;
    this.dialled.add(call);
    return call;
  }

  async dials() {
    const call = this.names();
    await this.ask('dial', call, this.customer, {});
    return call;
  }

  /** A call that is answered, and that both sides speak in. */
  async talks() {
    const call = await this.rings();
    await this.answers(call);
    return call;
  }

  async answers(call) {
    await this.ask('answer', call);
    await this.told('connected', call);
    await this.sound(call, { speaks: true, hears: true });
  }

  async hangsUp(call) {
    await this.ask('hangUp', call);
    await this.told('ended', call);
  }

  // ---- what is told

  async has(type, callId) {
    return (await this.bench.events()).some((event) => event.type === type && event.callId === callId);
  }

  /** The newest event of this type (and call), once it is told with these values. */
  async told(type, callId, values = {}, timeoutMs) {
    const kind = (event) => event.type === type && (!callId || event.callId === callId);
    const wanted = (event) => Object.entries(values).every(([key, value]) => event[key] === value);
    const newest = async () => {
      const found = (await this.bench.events()).findLast(kind);
      if (!found) return undefined;
      if (!wanted(found)) throw new Error(`last told: ${JSON.stringify(found)}`);
      return found;
    };
    const more = Object.keys(values).length > 0 ? ` with ${JSON.stringify(values)}` : '';
    const found = await this.until(newest, `the softphone to tell "${type}"${more}`, timeoutMs);
    wellFormed([found]);
    return found;
  }

  toldAtOnce(type, callId) {
    return this.told(type, callId, {}, AT_ONCE_MS);
  }

  /** As long as nothing is expected. */
  quiet(ms = QUIET_MS) {
    return pause(ms);
  }

  /** Nothing is told meanwhile. */
  async tellsNothing(meanwhile) {
    const before = (await this.bench.events()).length;
    await meanwhile();
    await this.quiet();
    const more = (await this.bench.events()).slice(before);
    expect(more.length === 0, `nothing is to be told any more, and it tells ${JSON.stringify(more)}`);
  }

  // ---- sound

  /**
   * Until sound flows as wanted, by getStats of the operator's end. It must last: a word that slips through on the way
   * into silence is none, and silence is no pause between words. Without a connection to look at there is nothing to hear.
   */
  async sound(call, wanted) {
    if (!this.#hears) return;
    const ways = Object.keys(wanted);
    const text = JSON.stringify(wanted);
    let start;
    await this.until(async () => {
      start = await this.#flows(call);
      let since = start;
      for (const ms of [WINDOW_MS, LONG_WINDOW_MS]) {
        const { is, now } = await this.#flows(call, since, ms);
        if (ways.some((way) => is[way] !== wanted[way])) throw new Error(`it is ${JSON.stringify(is)}`);
        since = now;
      }
      return true;
    }, `the sound to be ${text}`);
    const silent = ways.filter((way) => !wanted[way]);
    if (silent.length === 0) return;
    for (let lasts = WINDOW_MS + LONG_WINDOW_MS; lasts < SILENT_MS; lasts += WINDOW_MS) {
      const before = await this.#flows(call);
      const { is } = await this.#flows(call, before);
      for (const way of silent) {
        expect(!is[way], `the sound was ${text}, and ${way === 'speaks' ? 'the operator' : 'the customer'} is heard again a moment later`);
      }
    }
    const { is } = await this.#flows(call, start);
    for (const way of ways) expect(is[way] === wanted[way], `the sound was ${text}, and is ${JSON.stringify(is)}`);
  }

  async #flows(call, since, ms = WINDOW_MS) {
    if (since) await pause(ms);
    const now = await this.bench.audio(call);
    if (!now) throw new Error(`peerConnection(callId) gives no connection for ${call}`);
    if (!since) return now;
    const flows = (way) => now[way].packets > since[way].packets && now[way].energy - since[way].energy > SILENCE;
    return { now, is: { speaks: flows('sent'), hears: flows('received') } };
  }

  // ---- the end

  /** Nothing is left open. */
  async leavesNothingOpen() {
    await this.until(async () => (await this.bench.live()) === 0, 'every RTCPeerConnection to be closed');
    await this.until(async () => !(await this.bench.microphones?.()), 'every microphone to be let go');
  }

  /** What holds at the end of any story. */
  async endsClean() {
    await this.leavesNothingOpen();
    await this.quiet();
    const events = await this.bench.events();
    wellFormed(events);
    everyCallEnded(events, this);
    const trouble = (await this.bench.trouble?.()) ?? [];
    expect(trouble.length === 0, `nobody has caught ${trouble.join('; ')}`);
  }
}
