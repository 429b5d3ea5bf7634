// The bench of the conformance tests: a simulator, a Chromium, and a small app of our own in the
// portal's hidden frame that posts raw messages and collects what comes back.
//
// Nothing here sleeps. That a message is *not* answered is shown by one sent after it that is:
// messages keep their order both ways.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, beforeEach } from 'node:test';
import { createRequire } from 'node:module';

import { launchShell, WINDOW } from '../support/browser.mjs';
import { startSimulator, until } from '../support/servers.mjs';

export { until };

export const CARD_UNDEFINED = [{ result: 'error', errorCode: 'Call card is undefined' }];
export const EVENTS = [
  'initialized', 'addCommentButtonClick', 'muteButtonClick', 'holdButtonClick', 'closeButtonClick',
  'transferButtonClick', 'cancelTransferButtonClick', 'completeTransferButtonClick', 'hangupButtonClick',
  'nextButtonClick', 'skipButtonClick', 'answerButtonClick', 'entityChanged', 'qualityMeterClick',
  'dialpadButtonClick', 'makeCallButtonClick', 'notifyAdminButtonClick',
].map((name) => `BackgroundCallCard::${name}`);

/** What runs in the app's page before any library. */
const IN_FRAME = `
  const sid = window.name.split('|')[2];
  const portal = 'http' + (window.name.split('|')[1] === '1' ? 's' : '') + '://' + window.name.split('|')[0];
  let last = 0;
  window.test = {
    sid, portal,
    messages: [],          // every message of the portal: { data, origin }
    events: [],            // [name, payload text] of every event bound with bind()
    post: (message) => parent.postMessage(message, portal),
    id: () => 'cb' + (++last),
    ask(command, params) { // the payload text of the first answer
      const id = this.id();
      this.post(command + ':' + (params === undefined ? '' : JSON.stringify(params)) + ':' + id + ':' + sid);
      return this.answer(id);
    },
    // What look() finds, now or after one of the next messages. (Not by animation frames or
    // timers: a hidden frame has none of the first and few of the second.)
    when(look) {
      return new Promise((resolve) => {
        const again = () => {
          const found = look();
          if (found) resolve(found);
          else addEventListener('message', again, { once: true });
        };
        again();
      });
    },
    async answer(id) {
      const mine = ({ data }) => String(data).startsWith(id + ':');
      return (await this.when(() => this.messages.find(mine))).data.slice(id.length + 1);
    },
    answers(id) { return this.messages.filter(({ data }) => String(data).startsWith(id + ':')).map(({ data }) => data.slice(id.length + 1)); },
    bind(event) {
      const id = this.id();
      this.bound[id] = event;
      this.post('placementBindEvent:' + JSON.stringify({ event }) + ':' + id + ':' + sid);
      return id;
    },
    bound: {},
    onEvent: {},
  };
  addEventListener('message', (event) => {
    if (event.origin !== portal) return;
    test.messages.push({ data: event.data, origin: event.origin });
    const id = String(event.data).split(':', 1)[0];
    if (test.bound[id]) {
      const payload = event.data.slice(id.length + 1);
      test.events.push([test.bound[id].replace('BackgroundCallCard::', ''), payload]);
      const then = test.onEvent[test.bound[id]];
      if (then) then(payload);
    }
  });
`;

const require = createRequire(import.meta.url);

/**
 * Registers the bench for a test file. `app.library` decides what the app's page loads:
 * nothing, `bx24` (the portal's BX24.js) or `sdk` (the official SDK, unmodified, from npm).
 */
export function bench(options = {}) {
  const bench = { app: { posts: [], library: options.library, delay: null } };
  let chromium;
  let context; // one for all tests: processes of a new one cost more than a test
  let idle; // a tab that the last test left

  before(async () => {
    bench.app.server = await startApp(bench);
    bench.handler = `http://app.localhost:${bench.app.server.address().port}/handler`;
    bench.simulator = await startSimulator({ handler: bench.handler, ...options.simulator });
    // A page that is left is gone at once, with its sockets, and not kept for the way back.
    chromium = await launchShell({ flags: ['--disable-features=BackForwardCache'] });
    context = await chromium.browser.newContext(WINDOW);
  });
  beforeEach(async () => {
    const [tab = await context.newPage(), ...others] = context.pages();
    await Promise.all(others.map((other) => other.close()));
    await tab.goto(`${bench.simulator.url}/sim/pages`); // of the portal's origin, and none of its pages
    await until(async () => (await bench.api('GET', '/sim/pages')).length === 0, { what: 'the last test’s pages to close' });
    // No test sees another's call.
    await tab.evaluate(() => [localStorage, sessionStorage].forEach((storage) => storage.clear()));
    idle = tab;
    await bench.api('POST', '/sim/reset');
    await until(async () => (await bench.api('GET', '/sim/pull')).length === 0, { what: 'the last test’s connections to close' });
    // Nobody waits for what is not the thing tested.
    await bench.faults({ interfaceDelayMs: 0, crmCardDelayMs: 0, lateTitleMs: 0 });
    bench.app.posts.length = 0;
    Object.assign(bench.app, { library: options.library, inline: undefined, delay: null });
  });
  after(async () => {
    await chromium?.close();
    await bench.simulator?.stop();
    bench.app.server?.closeAllConnections();
    bench.app.server?.close();
  });

  bench.api = (...request) => bench.simulator.api(...request);
  bench.faults = (faults) => bench.api('PUT', '/sim/faults', faults);
  bench.advance = (advanceMs) => bench.api('POST', '/sim/clock', { advanceMs });
  /** Stops the portal's clock until the test's end; what has only seconds then has them, however slow the machine. */
  bench.hold = () => bench.api('POST', '/sim/clock', { held: true });
  bench.log = async () => bench.api('GET', '/sim/log');
  /** Opens a portal page in a tab of its own and waits until the app's frame is loaded, and the interface published. */
  bench.open = async ({ path = '/', ready = true } = {}) => {
    const page = idle ?? (await context.newPage());
    idle = undefined;
    await page.goto(bench.simulator.url + path);
    const id = await page.locator('html').getAttribute('data-page');
    const portal = new Portal(bench, page, id);
    await portal.frameLoaded();
    if (ready) await portal.become('interfaceReady', true);
    return portal;
  };

  /** Shows a call on the page of user 1: incoming, from a client of the CRM, unless told otherwise. */
  bench.call = (params = {}) => bench.api('POST', '/sim/calls', {
    PHONE_NUMBER: '+12025550123', LINE_NUMBER: '+15550100', EXTERNAL_CALL_ID: crypto.randomUUID(), ...params,
  });
  return bench;
}

/** One portal page with the app in its hidden frame. */
class Portal {
  constructor(bench, page, id) {
    Object.assign(this, { bench, page, id });
  }

  async frameLoaded() {
    const [{ name }] = await until(async () => {
      const frames = await this.page.locator('iframe.app-frame').evaluateAll((all) => all.map(({ name }) => ({ name })));
      return frames.length && frames;
    }, { what: 'the hidden frame' });
    this.frame = await this.frameNamed(name);
  }

  async frameNamed(name) {
    const frame = await until(() => this.page.frames().find((one) => one.name() === name && one.url().startsWith('http://app.')), { what: `frame ${name}` });
    await until(() => frame.evaluate(() => Boolean(window.test) && document.readyState === 'complete'), { what: 'the app in the frame' });
    return frame;
  }

  state() {
    return this.bench.api('GET', `/sim/pages/${this.id}`);
  }

  /** Waits until something in the page's state is so. */
  become(path, value) {
    const is = encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value));
    return this.bench.api('GET', `/sim/wait?page=${this.id}&path=${path}&is=${is}`);
  }

  click(button, value) {
    return this.bench.api('POST', `/sim/pages/${this.id}/click`, { button, value });
  }

  /** Sends a command; the parsed answer. */
  async ask(command, params) {
    const text = await this.frame.evaluate(([command, params]) => test.ask(command, params ?? undefined), [command, params]);
    return text === '' ? undefined : JSON.parse(text);
  }

  /** Posts texts, then asks something that is answered; the answers of callback `id` until then. */
  async silence(message, id) {
    await this.frame.evaluate((text) => test.post(text), message);
    await this.ask('getInterface');
    return this.frame.evaluate((id) => test.answers(id), id);
  }

  /** Whether a command was answered before one sent right after it. */
  async answered(command, params) {
    const id = await this.frame.evaluate(([command, params]) => {
      const id = test.id();
      test.post(`${command}:${params === null ? '' : JSON.stringify(params)}:${id}:${test.sid}`);
      return id;
    }, [command, params ?? null]);
    await this.ask('getInterface');
    return (await this.frame.evaluate((id) => test.answers(id), id)).map((text) => JSON.parse(text));
  }

  /** Binds events, all 17 by default; returns once the portal has them. */
  async bind(...names) {
    const events = names.length ? names.map((name) => `BackgroundCallCard::${name}`) : EVENTS;
    await this.frame.evaluate((events) => events.map((event) => test.bind(event)), events);
    await this.ask('getInterface');
  }

  /** Events so far as [name, payload text], once there are at least `count`. */
  async events(count = 0) {
    return this.frame.evaluate((count) => test.when(() => test.events.length >= count && test.events), count);
  }

  /** All events that happened before now. */
  async eventsNow() {
    await this.ask('getInterface');
    return this.frame.evaluate(() => test.events);
  }

  /** Shows a call and waits for its card, in CRM layout unless told otherwise. */
  async ring(params = {}, layout = 'crm') {
    const call = await this.bench.call(params);
    await this.become('card.callId', call.CALL_ID);
    if (layout) await this.become('card.layout', layout);
    return call;
  }

  async card() {
    return (await this.state()).card;
  }
}

function startApp(bench) {
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
    request.on('end', async () => {
      const url = new URL(request.url, 'http://app.localhost');
      if (url.pathname === '/sdk.js') {
        response.setHeader('content-type', 'text/javascript');
        response.end(readFileSync(require.resolve('@bitrix24/b24jssdk').replace(/dist\/.*/, 'dist/umd/index.min.js')));
        return;
      }
      if (url.pathname !== '/handler') {
        response.writeHead(204).end();
        return;
      }
      bench.app.posts.push({ method: request.method, url: request.url, query: [...url.searchParams], body: [...new URLSearchParams(body)], headers: request.headers });
      await bench.app.delay;
      const library = { bx24: `${bench.simulator.url}/api/v1/`, sdk: '/sdk.js' }[bench.app.library];
      response.setHeader('content-type', 'text/html');
      response.end(`<!doctype html><script>${IN_FRAME}</script>${library ? `<script src="${library}"></script>` : ''}<script>${bench.app.inline ?? ''}</script>`);
    });
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
