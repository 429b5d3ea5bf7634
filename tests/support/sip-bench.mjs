// One SIP server and one browser for all the SIP tests of a file, and pages in it that each hold a
// softphone: `operator`, `customer`, `colleague`.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle, hubBundle } from '../../scripts/bundles.mjs';
import { launchChromium } from './browser.mjs';
import { DOMAIN, startKamailio } from './kamailio.mjs';
import { openLink } from './link.mjs';
import { ROOT } from './servers.mjs';
import { until } from './until.mjs';

/** @param {{ flags?: string[], fakeDevices?: boolean, server?: object }} options `server`: another bench's */
export async function openBench({ flags = [], fakeDevices = true, server: shared } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'b24-sip-'));
  const voice = join(folder, 'voice.wav');
  writeFileSync(voice, tone(523, 2));
  const [server, modules, chromium] = await Promise.all([
    shared ?? startKamailio(),
    serveModules(),
    launchChromium({
      flags: [
        '--autoplay-policy=no-user-gesture-required',
        '--ignore-certificate-errors', // the SIP server's, where it is reached by wss:
        ...(fakeDevices ? ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-audio-capture=${voice}`] : []),
        ...flags,
      ],
    }),
  ]);
  // One for all pages: they share nothing that is kept, and a context each costs as much as a call.
  const context = await chromium.browser.newContext();
  return new Bench({ server, modules, chromium, context, folder, shared: !!shared });
}

class Bench {
  #parts;
  #users = 0;
  #phones = 0;
  #idle = [];

  constructor(parts) {
    this.#parts = parts;
    this.server = parts.server;
    this.context = parts.context;
    this.base = parts.modules.base;
  }

  // A tab is used again: the process of a new one costs more than a call.
  async open(address = this.base) {
    const tab = this.#idle.pop() ?? (await this.context.newPage());
    if (tab.url() !== address) await tab.goto(address);
    return tab;
  }

  /** Leaves its page, as a user does who goes elsewhere, and is there for the next. */
  async leave(tab) {
    tab.removeAllListeners('pageerror');
    await tab.goto(this.base);
    this.#idle.push(tab);
  }

  /** A bare SIP client for what no softphone of ours does by itself, see tests/sip/peer/peer.js. */
  async peer(user, { ear = false } = {}) {
    const page = await this.open();
    if (ear) await page.evaluate(growEar);
    await page.evaluate(
      async ({ server, uri, password }) => {
        const { Peer } = await import('/peer/peer.js');
        globalThis.peer = new Peer(server, uri, password);
        await peer.start();
      },
      { server: this.server.server, uri: `sip:${user}@${DOMAIN}`, password: `secret-${user}` },
    );
    return {
      user,
      ask: (method, ...args) => page.evaluate(([method, args]) => peer[method](...args), [method, args]),
      /** The telephone events that came, of one with an `ear`. */
      digits: () => page.evaluate(() => heardTones),
      close: () => this.leave(page),
    };
  }

  /** A cable to the server that can be cut. */
  link(options) {
    return openLink(this.server.port, options);
  }

  /** A user nobody else is. */
  newUser(name) {
    return `${name}-${++this.#users}`;
  }

  /**
   * A page with a softphone that is registered; one with an `ear` reads the telephone events it is sent, one with a
   * `gauge` measures for how long nothing is heard, one with a `hub` has its signalling in a SharedWorker.
   */
  async phone(adapter, user, options = {}, { host = 'localhost', register = true, link, hurry = 1, frame, ear = false, gauge = false, hub = false } = {}) {
    const page = await this.open(this.base.replace('localhost', host));
    const trouble = [];
    page.on('pageerror', (error) => trouble.push(error.message));
    const place = frame === undefined ? page : await openFrame(page, frame);
    const id = ++this.#phones;
    const settings = { server: link?.server ?? this.server.server, uri: `sip:${user}@${DOMAIN}`, password: `secret-${user}`, ...options };
    if (ear) await place.evaluate(growEar);
    if (gauge) await place.evaluate(gaugeSilence);
    await place.evaluate(hub ? openHubPhone : openPhone, { adapter, settings, hurry, id });
    if (hub) await place.evaluate(() => hub.takeSeat().then(() => hub.ask('start')));
    const phone = new (hub ? HubPhone : SipPhone)({ adapter, user, page: place, tab: page, trouble, bench: this, settings: { adapter, settings, hurry, id } });
    if (register) await phone.told('registered');
    return phone;
  }

  async close() {
    const { server, modules, chromium, folder, shared } = this.#parts;
    await chromium.close();
    modules.close();
    if (!shared) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

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

  /** Nothing is left: every call ended once, no connection is open, and signing off is heard. */
  async endsClean() {
    await until(async () => (await this.live()) === 0, { what: `${this.user}'s RTCPeerConnections to be closed` });
    await until(async () => (await this.page.evaluate(() => openMicrophones())) === 0, { what: `${this.user}'s microphone to be let go` });
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

  inSignalling(task, arg) {
    return this.page.evaluate(([task, arg]) => hub.ask('evaluate', [task, arg]), [String(task), arg]);
  }

  /** Another page of the same hub. */
  async opensTab() {
    const tab = await this.bench.open();
    tab.on('pageerror', (error) => this.trouble.push(error.message));
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

/** What counts as silence: far less than the voices' sound, in energy of 300 ms. */
const SILENCE = 1e-4;

/** A hidden frame of another site, as the portal makes them: `allow` is its permissions. */
async function openFrame(page, allow) {
  const address = page.url().replace('localhost', '127.0.0.1');
  await page.evaluate(
    ([address, allow]) =>
      new Promise((resolve) => {
        const frame = document.createElement('iframe');
        Object.assign(frame, { src: address, allow, onload: resolve });
        frame.style.display = 'none';
        document.body.append(frame);
      }),
    [address, allow],
  );
  return page.frames()[1];
}

// ---- in the page

async function openPhone({ adapter, settings, hurry }) {
  // Timers that run `hurry` times as fast: a minute's outage in seconds.
  for (const name of hurry > 1 ? ['setTimeout', 'setInterval'] : []) {
    const native = globalThis[name];
    globalThis[name] = (task, ms, ...rest) => native(task, ms / hurry, ...rest);
  }
  const made = [];
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(...args) {
      super(...args);
      made.push(this);
    }
  };
  const tracks = [];
  const { mediaDevices } = navigator;
  if (mediaDevices) {
    const ask = mediaDevices.getUserMedia.bind(mediaDevices);
    mediaDevices.getUserMedia = async (...args) => {
      const stream = await ask(...args);
      tracks.push(...stream.getTracks());
      return stream;
    };
  }
  globalThis.openMicrophones = () => tracks.filter(({ readyState }) => readyState === 'live').length;
  globalThis.livePeerConnections = () => made.filter((it) => it.signalingState !== 'closed').length;
  const { default: make } = await import(`/adapters/${adapter}.js`);
  globalThis.told = [];
  globalThis.reports = [];
  globalThis.softphone = await make(settings, { report: (problem) => reports.push({ code: problem.code, message: problem.message }) });
  await softphone.start((event) => told.push(event));
}

async function openHubPhone(settings) {
  const before = globalThis.livePeerConnections ?? (() => 0);
  const made = [];
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(...args) {
      super(...args);
      made.push(this);
    }
  };
  globalThis.livePeerConnections = () => before() + made.filter((it) => it.signalingState !== 'closed').length;
  const { HubPage } = await import('/hub/page.js');
  globalThis.hub = new HubPage(settings);
  globalThis.softphone = hub.softphone;
}

// Listens to whatever comes out of this page's connections, in the audio thread: what the main thread does,
// or misses, does not count.
async function gaugeSilence() {
  const context = new AudioContext();
  const processor = `registerProcessor('gauge', class extends AudioWorkletProcessor {
    heard = 0; silence = 0;
    constructor() { super(); this.port.onmessage = () => { this.heard = currentTime; this.silence = 0; this.first = true; }; }
    process([[samples]]) {
      let loudest = 0;
      for (const sample of samples ?? []) loudest = Math.max(loudest, Math.abs(sample));
      if (loudest > 0.01) {
        this.silence = Math.max(this.silence, currentTime - this.heard);
        this.heard = currentTime;
      }
      if (loudest > 0.01 || currentTime - (this.said ?? 0) > 0.05) {
        this.said = currentTime;
        this.port.postMessage({ loud: loudest > 0.01, silence: Math.max(this.silence, currentTime - this.heard) * 1000 });
      }
      return true;
    }
  })`;
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([processor], { type: 'text/javascript' })));
  const gauge = new AudioWorkletNode(context, 'gauge', { numberOfOutputs: 0 });
  let now = {};
  gauge.port.onmessage = ({ data: { loud, silence } }) => {
    now.silence = silence;
    if (!loud) return;
    now.last = Date.now();
    now.began ??= now.last;
  };
  globalThis.heeds = () => {
    now = {};
    gauge.port.postMessage(null);
  };
  globalThis.gauged = () => now;
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(...args) {
      super(...args);
      this.addEventListener('track', ({ track }) => context.createMediaStreamSource(new MediaStream([track])).connect(gauge));
    }
  };
}

// Reads telephone events (RFC 4733) where they come out of RTP: sound made of them, and heard again,
// loses tones on a busy machine. An event counts once, by its end, and where it was long enough for an
// exchange to take it for a key: 40 ms (ITU-T Q.24).
function growEar() {
  globalThis.heardTones = '';
  const Native = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class RTCPeerConnection extends Native {
    constructor(config, ...more) {
      super({ ...config, encodedInsertableStreams: true }, ...more);
      this.addEventListener('signalingstatechange', () => {
        for (const end of [...this.getSenders(), ...this.getReceivers()]) pipe(end);
      });
    }
  };
  // What is sent goes through a stream, too, or it would not go at all.
  const piped = new WeakSet();
  function pipe(end) {
    if (piped.has(end)) return;
    piped.add(end);
    const { readable, writable } = end.createEncodedStreams();
    const transform = (frame, out) => {
      if (end instanceof RTCRtpReceiver) hear(frame, end);
      out.enqueue(frame);
    };
    void readable.pipeThrough(new TransformStream({ transform })).pipeTo(writable);
  }
  const over = new Set();
  function hear(frame, receiver) {
    const { mimeType, rtpTimestamp: begin, payloadType } = frame.getMetadata();
    if (mimeType !== 'audio/telephone-event') return;
    const event = new DataView(frame.data);
    const ends = event.getUint8(1) & 0x80;
    if (!ends || over.has(begin)) return;
    over.add(begin);
    const { clockRate } = receiver.getParameters().codecs.find((codec) => codec.payloadType === payloadType);
    if (event.getUint16(2) / clockRate >= 0.04) globalThis.heardTones += '0123456789*#ABCD'[event.getUint8(0)];
  }
}

async function audioOf(callId) {
  const stats = await softphone.peerConnection(callId)?.getStats();
  if (!stats) return undefined;
  const flow = { at: performance.now(), sent: { packets: 0, energy: 0 }, received: { packets: 0, energy: 0 } };
  for (const stat of stats.values()) {
    if (stat.kind !== 'audio') continue;
    if (stat.type === 'outbound-rtp') flow.sent.packets += stat.packetsSent;
    if (stat.type === 'media-source') flow.sent.energy += stat.totalAudioEnergy ?? 0;
    if (stat.type === 'inbound-rtp') {
      flow.received.packets += stat.packetsReceived;
      flow.received.energy += stat.totalAudioEnergy ?? 0;
    }
  }
  return flow;
}

// ---- what the pages are served

/** The adapters, bundled as dist/ has them, and an empty page. */
async function serveModules() {
  const bundled = new Map();
  const make = (folder, name) => {
    if (folder === 'signalling') return hubBundle(name);
    const ours = folder === 'peer' || folder === 'hub';
    return bundle(join(ROOT, ours ? 'tests/sip' : 'www', folder, name), { external: ['/media/serve.js'] });
  };
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://x');
    const [, folder, name] = /^\/(adapters|signalling|media|peer|hub)\/([\w-]+\.js)$/.exec(pathname) ?? [];
    if (!folder) {
      return response.setHeader('content-type', 'text/html').end('<!doctype html><meta charset="utf-8"><title>phone</title>');
    }
    if (!bundled.has(pathname)) bundled.set(pathname, make(folder, name));
    try {
      response.setHeader('content-type', 'text/javascript').end((await bundled.get(pathname)).text);
    } catch (error) {
      response.writeHead(500).end(error.message);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    base: `http://localhost:${server.address().port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** A sine of this pitch as a WAV file: a voice that is never silent. */
export function tone(hz, seconds, rate = 48_000) {
  const count = rate * seconds;
  const wav = Buffer.alloc(44 + count * 2);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + count * 2, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20); // PCM
  wav.writeUInt16LE(1, 22); // one channel
  wav.writeUInt32LE(rate, 24);
  wav.writeUInt32LE(rate * 2, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(count * 2, 40);
  for (let i = 0; i < count; i++) wav.writeInt16LE(Math.round(12_000 * Math.sin((2 * Math.PI * hz * i) / rate)), 44 + i * 2);
  return wav;
}
