// Opens the stories in a Chromium and hears what comes of them.

import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { endOnce, findChromium, speaking, usual } from './chromium.js';
import { moduleAt, rootOf } from './modules.js';
import { serve } from './server.js';
import { tone } from './voice.js';

/** A page that says nothing for so many times as long as a story waits for anything is taken for dead. */
const WAITS = 12;

/**
 * @param {{ adapter: string, farEnd?: string, options?: unknown, farEndOptions?: unknown, names: string[], patienceMs: number, show?: boolean }} what
 *   `adapter` and `farEnd` are paths
 * @param {(told: { name: string, outcome: 'passed' | 'failed' | 'skipped', why?: string, told?: object[], reported?: object[] }) => void} hear
 */
export async function run({ adapter, farEnd, show, ...settings }, hear) {
  const browser = findChromium();
  const root = rootOf([adapter, farEnd ?? adapter]);
  const mine = await moduleAt(adapter, root, '/adapter.js');
  const theirs = farEnd ? await moduleAt(farEnd, root, '/far-end.js') : { address: '/contract/far-end.js' };
  const bundled = [mine, theirs].filter(({ answer }) => answer);
  const page = listen(hear, settings.patienceMs * WAITS);
  const server = await serve({
    root,
    answers: {
      ...Object.fromEntries(bundled.map(({ address, answer }) => [address, () => answer])),
      '/settings.json': () => ({ type: 'application/json', body: JSON.stringify({ ...settings, adapter: mine.address, farEnd: theirs.address }) }),
      '/said': page.said,
    },
  });
  const chromium = open(browser, `${server.base}/run`, { show, gone: page.fails });
  try {
    await page.over;
  } finally {
    await chromium.close();
    server.close();
  }
}

/** What the page says, until it has said all, or says nothing for too long. */
function listen(hear, deadlineMs) {
  let end;
  const over = new Promise((resolve, reject) => (end = { resolve, reject }));
  const fails = (why) => end.reject(new Error(why));
  const silent = () => fails('the page no longer says anything: does the adapter keep it busy?');
  const watch = setTimeout(silent, deadlineMs);
  return {
    fails,
    over: over.finally(() => clearTimeout(watch)),
    said(body) {
      watch.refresh();
      const told = JSON.parse(body);
      if (told.outcome === 'done') end.resolve();
      else if (told.outcome === 'broken') fails(told.why);
      else hear(explained(told));
      return { type: 'text/plain', body: '' };
    },
  };
}

/** A browser of its own, whose microphone is a tone that never pauses. */
function open(browser, address, { show, gone }) {
  const profile = mkdtempSync(join(tmpdir(), 'b24-contract-'));
  const voice = join(profile, 'voice.wav');
  writeFileSync(voice, tone(523, 2));
  const flags = [...usual(profile).filter((flag) => !show || !flag.startsWith('--headless')), ...speaking(voice)];
  const chromium = spawn(browser, [...flags, address], { stdio: 'ignore', detached: true });
  const ending = endOnce(chromium, profile);
  process.once('exit', ending.now);
  chromium.once('error', (error) => gone(error.message));
  chromium.once('exit', (code, signal) => gone(`${browser} has ended (${signal ?? code}) before the last story`));
  return {
    async close() {
      await ending.gently();
      process.removeListener('exit', ending.now);
    },
  };
}

/** What the browser says of an import by name, which esbuild would have followed. */
function explained(told) {
  if (!told.why?.includes('Failed to resolve module specifier')) return told;
  const cure = 'a browser finds no package by its name: `npm install --save-dev esbuild`, and the modules are bundled before they are opened';
  return { ...told, why: `${told.why}\n${cure}` };
}
