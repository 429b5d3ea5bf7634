// A headless stock Firefox, driven by WebDriver BiDi: Playwright drives a Firefox of its own making only.
//
// It is started by hand and then connected to, because a driver's own launch loosens what a hidden cross-site
// frame has to live with: Firefox partitions a frame's storage as its owner's default says. What is given here
// has as much of Playwright's shape as `Portal` uses.

import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

import { endOnce, executable, onPath, saidBy } from './browser.mjs';
import { startSilence } from './silence.mjs';

const MAC = '/Applications/Firefox.app/Contents/MacOS/firefox';

/** What stands between a test and a stock Firefox, and nothing more. */
const PREFS = {
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.policy.dataSubmissionEnabled': false,
  'app.update.enabled': false,
  // Not the preferences that Firefox takes for a driver's sake by itself.
  'remote.prefs.recommended': false,
  'ui.prefersReducedMotion': 1,
  // A microphone that needs no machine and no question.
  'media.navigator.streams.fake': true,
  'media.navigator.permission.disabled': true,
  // On a machine with no network but loopback there would be no ICE candidates without these.
  'media.peerconnection.ice.loopback': true,
  'media.peerconnection.ice.obfuscate_host_addresses': false,
};

/** The Firefox to use: `$FIREFOX`, else the one on the PATH or in its usual place. */
export function findFirefox() {
  const found = process.env.FIREFOX ?? onPath('firefox-esr') ?? onPath('firefox') ?? executable(MAC);
  if (!found) throw new Error('no Firefox found: install it, not as a snap, or set FIREFOX to the browser to use');
  return found;
}

/**
 * Starts Firefox with a profile of its own.
 *
 * @returns {Promise<{ browser: { newContext(window: object): Promise<object> }, close(): Promise<void> }>}
 */
export async function launchFirefox() {
  const profile = mkdtempSync(join(tmpdir(), 'b24-firefox-'));
  const prefs = Object.entries(PREFS).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`);
  writeFileSync(join(profile, 'user.js'), prefs.join('\n'));
  const silence = await startSilence();
  const child = spawn(findFirefox(), ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0', 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
    env: { ...process.env, ...silence.env },
  });
  const end = endOnce(child, profile);
  process.once('exit', end.now);
  let driver;
  const close = async () => {
    await driver?.disconnect().catch(() => {});
    await end.gently();
    await silence.stop();
    process.removeListener('exit', end.now);
  };
  try {
    const endpoint = await saidBy(child, /WebDriver BiDi listening on (ws:\S+)/, 'Firefox');
    driver = await puppeteer.connect({ browserWSEndpoint: `${endpoint}/session`, protocol: 'webDriverBiDi', defaultViewport: null });
    return { browser: { newContext: async (window) => new Context(await driver.createBrowserContext(), window) }, close };
  } catch (error) {
    await close();
    throw error;
  }
}

class Context {
  #scripts = [];

  constructor(context, window) {
    this.context = context;
    this.window = window;
  }

  addInitScript(script) {
    this.#scripts.push(script);
  }

  async newPage() {
    const page = await this.context.newPage();
    await page.setViewport(this.window.viewport);
    // Whoever leaves a page that asks means it.
    page.on('dialog', (dialog) => dialog.accept().catch(() => {}));
    for (const script of this.#scripts) await page.evaluateOnNewDocument(script);
    return new Page(page, this);
  }

  close() {
    return this.context.close();
  }
}

class Page {
  constructor(page, context) {
    this.driver = page;
    this.owner = context;
  }

  context() {
    return this.owner;
  }

  goto(url) {
    return this.driver.goto(url, { waitUntil: 'load' });
  }

  reload() {
    return this.driver.reload();
  }

  goBack() {
    return this.driver.goBack();
  }

  url() {
    return this.driver.url();
  }

  evaluate(fn, arg) {
    return this.driver.evaluate(fn, arg);
  }

  frames() {
    return this.driver.frames().map((frame) => ({ url: () => frame.url(), askQuietly: (fn, arg) => askQuietly(frame, fn, arg) }));
  }

  locator(selector) {
    return new Locator(this.driver, selector);
  }

  bringToFront() {
    return this.driver.bringToFront();
  }

  close() {
    return this.driver.close();
  }
}

class Locator {
  constructor(page, selector) {
    this.page = page;
    this.selector = selector;
  }

  first() {
    return this; // a selector means its first element to this driver
  }

  click() {
    return this.page.locator(this.selector).click();
  }

  getAttribute(name) {
    return this.#ask((element, name) => element.getAttribute(name), name);
  }

  count() {
    return this.page.$$eval(this.selector, (all) => all.length);
  }

  #ask(fn, arg) {
    return this.page.$eval(this.selector, fn, arg);
  }
}

/** The driver's own `evaluate` counts as a user's gesture, which would permit the frame to play sound. */
async function askQuietly(frame, fn, arg) {
  const expression = `Promise.resolve((${fn})(${JSON.stringify(arg) ?? 'undefined'})).then((it) => JSON.stringify(it) ?? '')`;
  const { type, result, exceptionDetails } = await frame.browsingContext.defaultRealm.evaluate(expression, true, { userActivation: false });
  if (type === 'exception') throw new Error(exceptionDetails.text);
  return result.value === '' ? undefined : JSON.parse(result.value);
}
