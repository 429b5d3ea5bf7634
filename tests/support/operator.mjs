// An operator with a browser of their own and several tabs of the portal in it: what can become of a tab,
// of the process its frames live in, and of the browser.
//
// Measured in headless Chromium 156, with the handler in a cross-site frame (tests/conformance/many-tabs.test.mjs):
// all hidden frames of a handler, of all tabs, live in one process, and its SharedWorker as well. So a crash of a
// portal's page takes one frame with it, a crash of the handler's process takes all of them and the SharedWorker.

import { launchOwnChromium } from './browser.mjs';
import { countPeerConnections, Portal } from './portal.mjs';
import { startHost, startSimulator, freePort } from './servers.mjs';
import { until } from './until.mjs';

export class Operator {
  /** Tabs that are open, in the order in which they were opened. */
  tabs = [];

  /**
   * Starts the browser. `stack` has `simulator`, and `host` if the worker is to be asked; `user` is who signs in
   * on the portal. `cardMarkMs`: the portal's 100 ms would tell of the machine's load, and not of the story.
   */
  static async start(stack, { user = 1, flags = [], cardMarkMs = 1000 } = {}) {
    await stack.simulator.api('PUT', '/sim/faults', { cardMarkMs });
    const operator = Object.assign(new Operator(), { stack, user, flags });
    await operator.#launch();
    return operator;
  }

  async #launch(profile) {
    this.chromium = await launchOwnChromium({ flags: this.flags, profile });
    await this.#connect();
  }

  async #connect() {
    const browser = await this.chromium.connect();
    [this.context] = browser.contexts();
    this.devtools = await browser.newBrowserCDPSession();
    const pages = new Map();
    for (const page of this.context.pages()) pages.set(await targetOf(this.context, page), page);
    for (const tab of this.tabs) await tab.seenThrough(this, pages.get(tab.target));
  }

  /** Opens a page of the portal in a new tab, which comes to the front. */
  async tab(path = '/', { simulator } = {}) {
    return Tab.openIn(this, path, simulator ?? this.stack.simulator);
  }

  /** SharedWorkers of the handler, by their addresses. */
  async sharedWorkers() {
    return (await this.#targets('shared_worker')).map(({ url }) => url);
  }

  /** Ends the handler's SharedWorkers; its frames live on. */
  async endSharedWorkers() {
    for (const { targetId } of await this.#targets('shared_worker')) await this.devtools.send('Target.closeTarget', { targetId });
  }

  /** The process that all hidden frames of the handler live in crashes. The portal's pages stay, and show nothing of it. */
  async crashFrames() {
    const [frame] = await this.#targets('iframe');
    if (!frame) throw new Error('there is no frame of another site');
    await this.#crash(frame.targetId);
    await until(async () => (await this.#targets('iframe')).every(({ url }) => url === ''), { what: 'the frames of that process to be gone' });
    // The driver takes a page for crashed when one of its frames has.
    await this.#connect();
    for (const tab of this.tabs) tab.frameCrashed = true;
  }

  /** @internal */
  async crashPage(targetId) {
    await this.#crash(targetId);
  }

  async #crash(targetId) {
    const { sessionId } = await this.devtools.send('Target.attachToTarget', { targetId, flatten: false });
    // What has crashed does not answer.
    const message = JSON.stringify({ id: 1, method: 'Page.crash' });
    await this.devtools.send('Target.sendMessageToTarget', { sessionId, message }).catch(() => {});
  }

  async #targets(type) {
    const { targetInfos } = await this.devtools.send('Target.getTargets');
    return targetInfos.filter((target) => target.type === type);
  }

  /** The browser ends at once, as by SIGKILL, or when the machine loses its power. */
  async kill() {
    this.profile = await this.chromium.kill();
    this.tabs = [];
  }

  /** Starts the browser again after `kill`, with what it had stored. No tab is opened. */
  async restart() {
    await this.#launch(this.profile);
  }

  async close() {
    await this.chromium.close();
  }

  /** What each tab and the telephone network have to say, for whoever reads of a story that failed. */
  async told() {
    const tabs = await Promise.all(this.tabs.map(async (tab) => {
      const [card, worker] = await Promise.all([tab.cardState(), tab.ask(tabTold)].map((it) => it.catch(({ message }) => message)));
      return `${tab.path}: card ${card}, ${JSON.stringify(worker)}`;
    }));
    const calls = await this.stack.simulator.api('GET', '/sim/calls');
    const phone = await this.stack.simulator.api('GET', '/sim/phone');
    return [...tabs, `phone: ${JSON.stringify(phone)}`, `calls: ${JSON.stringify(calls)}`].join('\n');
  }
}

function tabTold() {
  const { state, errors = [], worker } = globalThis.b24worker ?? {};
  return {
    state, errors: errors.map(({ code, message }) => `${code}: ${message}`),
    seat: worker?.hasSeat, call: worker?.call,
  };
}

/** One tab; all that a `Portal` can be asked for, it can be, too. */
export class Tab extends Portal {
  static async openIn(operator, path, simulator) {
    const tab = Object.assign(new Tab(), {
      operator, api: simulator.api, stack: { ...operator.stack, simulator },
    });
    await tab.seenThrough(operator, await operator.context.newPage());
    await tab.page.addInitScript(countPeerConnections);
    tab.target = await targetOf(operator.context, tab.page);
    await tab.visit(path);
    operator.tabs.push(tab);
    return tab;
  }

  /** @internal What the driver sees it through. */
  async seenThrough({ context }, page) {
    Object.assign(this, { context, page, devtools: await context.newCDPSession(page) });
  }

  /** Goes to a page of the portal, as the operator it is. */
  async visit(path) {
    await this.#leaveCrashedFrame();
    const url = new URL(path, this.stack.simulator.url);
    if (this.operator.user !== 1) url.searchParams.set('user', this.operator.user);
    this.path = url.pathname + url.search;
    return super.visit(this.path);
  }

  async reload() {
    if (this.frameCrashed) return this.visit(this.path);
    await this.page.reload();
    this.id = await this.page.evaluate(() => document.documentElement.dataset.page);
  }

  /** The driver connected anew and knows none of its scripts; a frame that has crashed would never take one. */
  async #leaveCrashedFrame() {
    if (!this.frameCrashed) return;
    await this.page.goto('about:blank');
    await this.page.addInitScript(countPeerConnections);
    this.frameCrashed = false;
  }

  /** Brings it before the others, which are hidden then. */
  front() {
    return this.page.bringToFront();
  }

  /** What its page tells the simulator. */
  state() {
    return this.api('GET', `/sim/pages/${this.id}`);
  }

  /** Opens a page of the portal in a slider; gives the slider's page, as `/sim/pages` has it. */
  async slider(path) {
    const known = new Set((await this.api('GET', '/sim/pages')).map(({ id }) => id));
    await this.api('POST', `/sim/pages/${this.id}/go`, { slider: path });
    return until(async () => (await this.api('GET', '/sim/pages')).find(({ id, slider, frames }) => slider && !known.has(id) && frames.length > 0), {
      what: 'the slider’s own document',
    });
  }

  closeSlider() {
    return this.api('POST', `/sim/pages/${this.id}/go`, 'closeSlider');
  }

  async close() {
    this.#forget();
    await this.page.close();
  }

  /**
   * The renderer of the portal's page crashes, and the tab shows so. Its frame lives in another process and hears
   * `pagehide`. `comeBackTo` loads its page anew.
   */
  async crash() {
    const crashed = this.page.waitForEvent('crash');
    await this.operator.crashPage(this.target);
    await crashed;
    this.#forget();
  }

  /** The browser freezes it: no script of it runs, nor of its frame. It must be behind another tab. */
  freeze() {
    return this.devtools.send('Page.setWebLifecycleState', { state: 'frozen' });
  }

  thaw() {
    return this.devtools.send('Page.setWebLifecycleState', { state: 'active' });
  }

  /**
   * The browser discards it to save memory: the page has gone without a question, its frame has heard `pagehide`.
   * A real discard is the same for all that can be seen from a frame, but refuses a tab that is looked into.
   */
  async discard() {
    await this.close();
  }

  /** The operator comes back to a tab that was discarded, or has crashed: its page is loaded anew. */
  async comeBackTo() {
    return this.operator.tab(this.path, { simulator: this.stack.simulator });
  }

  #forget() {
    const { tabs } = this.operator;
    const at = tabs.indexOf(this);
    if (at >= 0) tabs.splice(at, 1);
  }
}

async function targetOf(context, page) {
  const session = await context.newCDPSession(page);
  const { targetInfo } = await session.send('Target.getTargetInfo');
  await session.detach();
  return targetInfo.targetId;
}

/**
 * Two portals of one site, and one handler in both: what their frames store is in one partition of the browser.
 * Each portal has a telephone network of its own, of which the handler's softphones use the first's.
 */
export async function startTwoPortals({ handler, host = {} } = {}) {
  const hostPort = handler ? undefined : await freePort();
  const address = handler ?? `http://app.localhost:${hostPort}/handler`;
  const simulators = await Promise.all(['a', 'b'].map((name) => startSimulator({ handler: address, portalHost: `${name}.portal.localhost` })));
  const [a] = simulators;
  const server = handler ? null : await startHost({
    port: hostPort, portal: simulators.map(({ url }) => url), bx24Js: `${a.url}/api/v1/`, adapter: 'loopback',
    adapterOptions: { network: `${a.url.replace(/^http/, 'ws')}/phone` }, ...host,
  });
  return {
    simulators,
    simulator: a,
    host: server,
    stop: async () => void (await Promise.all([...simulators, ...(server ? [server] : [])].map((it) => it.stop()))),
  };
}
