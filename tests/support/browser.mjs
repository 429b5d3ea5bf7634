// A headless Chromium for tests and the demo.
//
// It is started by hand and then connected to, because Playwright's own launch switches off
// storage partitioning, timer throttling and the back/forward cache: the very things a hidden
// cross-site frame has to live with.

import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

import { endOnce, executable, findChromium, onPath, usual } from '../../contract/chromium.js';

export { endOnce, executable, findChromium, onPath };

/** What a test's window is like. Movements are left out: to draw them takes much of a small machine. */
export const WINDOW = { viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' };

/**
 * Starts a headless Chromium with a profile of its own.
 *
 * @param {{ flags?: string[], program?: string }} options `flags` are added to the command line.
 * @returns {Promise<{ browser: import('playwright-core').Browser, close(): Promise<void> }>}
 *   `close` ends the process and removes the profile; it may be called twice.
 */
export async function launchChromium({ flags = [], program } = {}) {
  const { connect, close } = await startChromium({ flags, program });
  try {
    return { browser: await connect(), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * The same, where `chromium-headless-shell` is there: Chromium without the browser around it, whose windows, tabs and
 * prompts cost a fifth of a story's time and show it nothing. Its frames of another site are processes of their own here, too.
 */
export function launchShell({ flags = [] } = {}) {
  const shell = process.env.CHROME ? undefined : onPath('chromium-headless-shell');
  return launchChromium({ flags: shell ? ['--site-per-process', ...flags] : flags, program: shell });
}

/** The browser that tests are told to use: Chromium, or with `B24_BROWSER=firefox` a stock Firefox. */
export async function launchBrowser(options) {
  const wanted = process.env.B24_BROWSER ?? 'chromium';
  if (wanted === 'firefox') return (await import('./firefox.mjs')).launchFirefox();
  if (wanted !== 'chromium') throw new Error(`B24_BROWSER is ${wanted}: there are chromium and firefox`);
  return launchShell(options);
}

/**
 * Starts a Chromium that is one person's: its windows are not emulated, so that a tab behind another is hidden
 * and treated as such, and can be frozen. Everything happens in its default context.
 *
 * @param {{ flags?: string[], profile?: string }} options `profile`: the folder of an earlier one, to go on with.
 * @returns {Promise<{ connect(): Promise<import('playwright-core').Browser>, kill(): Promise<string>, close(): Promise<void> }>}
 *   `connect` gives its driver, and another at each call; `kill` ends it by SIGKILL and gives its profile, which is then
 *   the caller's; `close` removes the profile.
 */
export async function launchOwnChromium({ flags = [], profile } = {}) {
  const { connect, close, kill } = await startChromium({ flags: ['--force-prefers-reduced-motion', ...flags], profile });
  return { connect: () => connect({ noDefaults: true }), kill, close };
}

async function startChromium({ flags, program = findChromium(), profile = mkdtempSync(join(tmpdir(), 'b24-chromium-')) }) {
  const process_ = spawn(program, [...commandLine(profile, flags), 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true, // a group of its own, so that its helper processes go with it
  });
  const end = endOnce(process_, profile);
  process.once('exit', end.now);
  let browser;
  const close = async () => {
    await browser?.close().catch(() => {});
    await end.gently();
    process.removeListener('exit', end.now);
  };
  try {
    const endpoint = await saidBy(process_, /DevTools listening on (ws:\S+)/, 'Chromium');
    return {
      profile,
      close,
      async connect(options) {
        await browser?.close();
        browser = await chromium.connectOverCDP(endpoint, options);
        return browser;
      },
      async kill() {
        await end.killed();
        process.removeListener('exit', end.now);
        return profile;
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * Runs `fn(arg)` inside a frame without counting as a user gesture, as Playwright's own
 * `evaluate` does: a test that reads something must not thereby permit the frame to play sound.
 * `arg` and the result are JSON. Works in frames of another site, too.
 */
export async function evaluateQuietly(frame, fn, arg) {
  if (frame.askQuietly) return frame.askQuietly(fn, arg);
  const session = await sessionOf(frame);
  try {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
      expression: `(${fn})(${JSON.stringify(arg) ?? 'undefined'})`,
      awaitPromise: true,
      returnByValue: true,
      userGesture: false,
    });
    if (exceptionDetails) {
      throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    }
    return result.value;
  } finally {
    await session.detach().catch(() => {});
  }
}

// A frame of another site is a target of its own; one of the page's own site has none.
async function sessionOf(frame) {
  const page = typeof frame.page === 'function' ? frame.page() : frame;
  try {
    return await page.context().newCDPSession(frame);
  } catch (cause) {
    throw new Error(`cannot reach into ${frame.url()}: it is gone, or of its page's own site`, { cause });
  }
}

// Of several --disable-features Chromium hears only the last.
function commandLine(profile, flags) {
  const off = (flag) => /^--disable-features=(.*)/.exec(flag)?.[1];
  return [...usual(profile), `--disable-features=${[...NEEDLESS, ...flags.map(off).filter(Boolean)].join(',')}`, ...flags.filter((flag) => !off(flag))];
}

/** Pages of the browser's own address bar, which take a renderer each for every window. */
const NEEDLESS = ['WebUIOmniboxPopup', 'WebUIOmniboxAimPopup'];

/** A browser picks its port and says on stderr where it listens: what `pattern` finds there. */
export function saidBy(child, pattern, name, timeoutMs = 60_000) {
  return new Promise((resolve, reject) => {
    let said = '';
    const fail = (why) => done(reject, new Error(`${name} did not start: ${why}\n${said.slice(-2000)}`));
    const timer = setTimeout(() => fail(`it named no port within ${timeoutMs} ms`), timeoutMs);
    const done = (settle, value) => {
      clearTimeout(timer);
      child.stderr.removeListener('data', hear);
      child.stderr.resume(); // an unread pipe would block the browser once it is full
      settle(value);
    };
    const hear = (chunk) => {
      said += chunk;
      const match = pattern.exec(said);
      if (match) done(resolve, match[1]);
    };
    child.stderr.setEncoding('utf8').on('data', hear);
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`it exited with ${signal ?? code}`));
  });
}
