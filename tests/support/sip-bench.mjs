// One SIP server and one browser for all the SIP tests of a file, and pages in it that each hold a
// softphone: `operator`, `customer`, `colleague`.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { launchChromium } from './browser.mjs';
import { DOMAIN, startKamailio } from './kamailio.mjs';
import { openLink } from './link.mjs';
import { serveModules } from './sip-modules.mjs';
import { countMicrophones, gaugeSilence, growEar, openHubPhone, openPhone } from './sip-page.mjs';
import { HubPhone, SipPhone } from './sip-phone.mjs';
import { tone } from '../../contract/voice.js';

/**
 * @param {{ flags?: string[], fakeDevices?: boolean, server?: object, public?: string }} options `server`: another bench's;
 *   `public`: by this name the browser reaches the pages, too, and takes them for some of the internet
 */
export async function openBench({ flags = [], fakeDevices = true, server: shared, public: publicName } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'b24-sip-'));
  const voice = join(folder, 'voice.wav');
  writeFileSync(voice, tone(523, 2));
  const modules = await serveModules();
  const [server, chromium] = await Promise.all([
    shared ?? startKamailio(),
    launchChromium({
      flags: [
        '--autoplay-policy=no-user-gesture-required',
        '--ignore-certificate-errors', // the SIP server's, where it is reached by wss:
        ...(fakeDevices ? ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', `--use-file-for-fake-audio-capture=${voice}`] : []),
        ...(publicName ? inTheInternet(publicName, new URL(modules.base).port) : []),
        ...flags,
      ],
    }),
  ]);
  // One for all pages: they share nothing that is kept, and a context each costs as much as a call.
  const context = await chromium.browser.newContext();
  return new Bench({ server, modules, chromium, context, folder, shared: !!shared });
}

const inTheInternet = (name, port) => [`--host-resolver-rules=MAP ${name} 127.0.0.1`, `--unsafely-treat-insecure-origin-as-secure=http://${name}:${port}`, `--ip-address-space-overrides=127.0.0.1:${port}=public`];

class Bench {
  #parts;
  #users = 0;
  #phones = 0;
  #idle = [];
  #microphones = { opened: 0, longest: 0 };

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
    await place.evaluate(countMicrophones);
    if (ear) await place.evaluate(growEar);
    if (gauge) await place.evaluate(gaugeSilence);
    await place.evaluate(hub ? openHubPhone : openPhone, { adapter, settings, hurry, id });
    if (hub) await place.evaluate(() => hub.takeSeat().then(() => hub.ask('start')));
    const phone = new (hub ? HubPhone : SipPhone)({ adapter, user, page: place, tab: page, trouble, bench: this, settings: { adapter, settings, hurry, id } });
    if (register) await phone.told('registered');
    return phone;
  }

  /** What became of the microphones of a page. */
  counts({ opened, longest }) {
    const all = this.#microphones;
    Object.assign(all, { opened: all.opened + opened, longest: Math.max(all.longest, longest) });
  }

  async close() {
    const { opened, longest } = this.#microphones;
    console.log(`microphones: ${opened} opened, none left open, ${longest.toFixed()} ms after a call at most`);
    const { server, modules, chromium, folder, shared } = this.#parts;
    await chromium.close();
    modules.close();
    if (!shared) await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

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
