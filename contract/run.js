// Opens the stories in a Chromium and hears what comes of them.

import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { endOnce, findChromium, speaking, usual } from './chromium.js';
import { moduleAt, rootOf } from './modules.js';
import { serve } from './server.js';
import { tone } from './voice.js';

/** How much longer than it waits for anything a story may take before the page is taken for dead. */
const WAITS = 12;

/**
 * @param {{ adapter: string, farEnd?: string, options?: unknown, farEndOptions?: unknown, names: string[], patienceMs: number, show?: boolean }} what
 *   `adapter` and `farEnd` are paths
 * @param {(told: { name: string, outcome: 'passed' | 'failed' | 'skipped', why?: string, told?: object[] }) => void} hear
 */
export async function run({ adapter, farEnd, options, farEndOptions, names, patienceMs, show }, hear) {
  const browser = findChromium();
  const root = rootOf([adapter, farEnd ?? adapter]);
  const mine = await moduleAt(adapter, root);
  const theirs = farEnd && (await moduleAt(farEnd, root));
  const settings = { adapter: '/adapter.js', farEnd: theirs ? '/far-end.js' : '/contract/far-end.js', options, farEndOptions, names, patienceMs };

  let watch;
  let end;
  const over = new Promise((resolve, reject) => (end = { resolve, reject }));
  const lives = () => {
    clearTimeout(watch);
    watch = setTimeout(() => end.reject(new Error('the page no longer says anything: does the adapter keep it busy?')), patienceMs * WAITS);
  };
  const said = (body) => {
    lives();
    const told = JSON.parse(body);
    if (told.outcome === 'done') end.resolve();
    else if (told.outcome === 'broken') end.reject(new Error(told.why));
    else hear(mine.bundled ? told : explained(told));
    return { type: 'text/plain', body: '' };
  };
  const server = await serve({
    root,
    answers: {
      '/adapter.js': () => mine.answer,
      ...(theirs && { '/far-end.js': () => theirs.answer }),
      '/settings.json': () => ({ type: 'application/json', body: JSON.stringify(settings) }),
      '/said': said,
    },
  });
  const profile = mkdtempSync(join(tmpdir(), 'b24-contract-'));
  const voice = join(profile, 'voice.wav');
  writeFileSync(voice, tone(523, 2));
  const flags = usual(profile).filter((flag) => !show || !flag.startsWith('--headless'));
  const chromium = spawn(browser, [...flags, ...speaking(voice), `${server.base}/run`], { stdio: 'ignore', detached: true });
  const ending = endOnce(chromium, profile);
  process.once('exit', ending.now);
  chromium.once('error', end.reject);
  chromium.once('exit', (code, signal) => end.reject(new Error(`${browser} has ended (${signal ?? code}) before the last story`)));
  try {
    lives();
    await over;
  } finally {
    clearTimeout(watch);
    await ending.gently();
    process.removeListener('exit', ending.now);
    server.close();
  }
}

/** What the browser says of an import that esbuild would have followed. */
function explained(told) {
  const unresolved = /Failed to resolve module specifier "([^"]+)"/.exec(told.why)?.[1];
  const missing = /Failed to fetch dynamically imported module|does not provide an export/.test(told.why ?? '');
  if (!unresolved && !missing) return told;
  const why = unresolved ? `${told.why}\na browser finds no package by its name` : told.why;
  return { ...told, why: `${why}: \`npm install --save-dev esbuild\`, and the adapter is bundled before it is opened` };
}
