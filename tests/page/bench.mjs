// The handler page in the hidden frame of a simulated portal, with a part of its way blocked.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { evaluateQuietly, launchShell, WINDOW } from '../support/browser.mjs';
import { startStack } from '../support/servers.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

/** Where adapters of these tests seem to live; nothing listens there. */
const ADAPTERS = 'http://adapters.localhost/';

let chromium;
after(async () => (await chromium)?.close());

/**
 * @param {string} name
 * @param {{ host?: object, faults?: object, adapter?: string,
 *           routes?: Record<string, (route: import('playwright-core').Route, nth: number) => unknown> }} options
 *   `routes`: what answers in place of the handler's files, by a part of their address, with how
 *   often it was asked before; `adapter`: the text of an adapter module to use.
 * @param {(page: HandlerPage) => Promise<void>} tell
 */
export function story(name, { host = {}, faults, adapter, routes = {} }, tell) {
  test(name, async () => {
    chromium ??= launchShell();
    const { browser } = await chromium;
    const own = adapter === undefined ? {} : { adapter: `${ADAPTERS}own.js`, adapterOptions: {} };
    const stack = await startStack({ host: { ...own, ...host } });
    const context = await browser.newContext(WINDOW);
    try {
      if (faults) await stack.simulator.api('PUT', '/sim/faults', faults);
      if (adapter !== undefined) routes = { [`${ADAPTERS}own.js`]: script(adapter), ...routes };
      for (const [part, answer] of Object.entries(routes)) {
        let asked = 0;
        await context.route((url) => url.href.includes(part), (route) => answer(route, asked++));
      }
      await context.addInitScript(keepComplaints);
      const page = new HandlerPage(stack, await context.newPage());
      await tell(page);
      await page.portalIsUnharmed();
    } catch (error) {
      error.message += `\n${stack.logs()}`;
      throw error;
    } finally {
      await context.close();
      await stack.stop();
    }
  });
}

/** Answers with a module or script. */
export const script = (body) => (route) =>
  route.fulfill({ body, contentType: 'text/javascript', headers: { 'access-control-allow-origin': '*' } });

/** Fails the first `times` requests, then lets them through. */
export const unreachable = (times = Infinity) => (route, nth) => (nth < times ? route.abort() : route.continue());

/** Runs in each page and frame; the portal's page is the one on top. */
function keepComplaints() {
  if (globalThis !== globalThis.top) return;
  globalThis.complaints = [];
  addEventListener('error', ({ message }) => complaints.push(message));
  addEventListener('unhandledrejection', ({ reason }) => complaints.push(String(reason)));
}

class HandlerPage {
  constructor(stack, page) {
    this.stack = stack;
    this.page = page;
  }

  /** Opens the portal, whose hidden frame loads the handler. */
  async opens() {
    await this.page.goto(this.stack.simulator.url);
  }

  get frame() {
    const frame = this.page.frames().find((it) => it.url().startsWith(this.stack.host.url));
    if (!frame) throw new Error('the page has no frame of the handler');
    return frame;
  }

  ask(fn, arg) {
    return evaluateQuietly(this.frame, fn, arg);
  }

  diagnostics() {
    return this.ask(() => {
      const { state, errors } = globalThis.b24worker;
      return { state, errors, name: globalThis.name };
    });
  }

  /** Until this error is told; gives it. */
  error(code, timeoutMs) {
    return until(
      async () => {
        const { state, errors } = await this.diagnostics();
        const found = errors.find((error) => error.code === code);
        if (found) return found;
        throw new Error(`it is ${state}: ${JSON.stringify(errors)}`);
      },
      { what: `the diagnostics to have ${code}`, timeoutMs },
    );
  }

  /** Until the page is `loading`, `ready` or `failed`; gives its diagnostics. */
  is(state) {
    return until(
      async () => {
        const now = await this.diagnostics();
        if (now.state === state) return now;
        throw new Error(`it is ${now.state}: ${JSON.stringify(now.errors)}`);
      },
      { what: `the page to be ${state}` },
    );
  }

  /** Failed for this reason and for no other. */
  async failsWith(code, cause) {
    const { errors } = await this.is('failed');
    assert.deepEqual([...new Set(errors.map((error) => error.code))], [code], JSON.stringify(errors));
    assert.match(errors.at(-1).message, cause);
    assert.ok(errors.every(({ at }) => at > 0), 'each has its time');
  }

  async portalIsUnharmed() {
    assert.deepEqual(await this.page.evaluate(() => complaints), [], 'no error reaches the portal');
    assert.equal(new URL(this.page.url()).origin, this.stack.simulator.url, 'the portal page is where it was');
  }
}
