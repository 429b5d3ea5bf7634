// Where the browser is, what it is started with, and how its processes end.

import { accessSync, closeSync, constants, openSync, readSync, rmSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'];
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** The browser to use: `$CHROME`, else a Chromium or Chrome on the PATH or in its usual place. */
export function findChromium() {
  const wanted = process.env.CHROME;
  if (wanted) {
    const found = /[\\/]/.test(wanted) ? executable(wanted) : onPath(wanted);
    if (!found) throw new Error(`CHROME is set to ${wanted}, which is not an executable file`);
    return found;
  }
  for (const name of NAMES) {
    const found = onPath(name);
    if (found) return found;
  }
  for (const place of PLACES) if (executable(place)) return place;
  throw new Error('no Chromium found: install Chromium or Chrome, not as a snap, or set CHROME to the browser to use');
}

/** What any of ours is started with, in a profile of its own. */
export function usual(profile) {
  const asRoot = typeof process.getuid === 'function' && process.getuid() === 0;
  return [
    '--headless=new',
    ...(asRoot ? ['--no-sandbox'] : []), // Chromium's sandbox refuses to run as root
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    // On a machine with no network but loopback there would be no ICE candidates without it.
    '--allow-loopback-in-peer-connection',
    '--window-size=1440,900',
    '--remote-debugging-port=0',
    `--user-data-dir=${profile}`,
  ];
}

/** A page may make sound without a click, and has a microphone that says what is in a WAV file. */
export const speaking = (voice) => [
  '--autoplay-policy=no-user-gesture-required',
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  ...(voice ? [`--use-file-for-fake-audio-capture=${voice}`] : []),
];

/** How a browser's processes end, with their profile. */
export function endOnce(child, profile) {
  const exited = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  const signal = (name) => {
    try {
      // Windows has no process groups.
      if (process.platform === 'win32') child.kill(name);
      else process.kill(-child.pid, name);
    } catch {
      // it has gone already
    }
  };
  const sweep = () => rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  return {
    now() {
      signal('SIGKILL');
      sweep();
    },
    /** At once, and the profile stays. */
    async killed() {
      signal('SIGKILL');
      await exited;
    },
    async gently() {
      if (child.pid && child.exitCode === null && child.signalCode === null) {
        signal('SIGTERM');
        const timer = setTimeout(() => signal('SIGKILL'), 3000);
        await exited;
        clearTimeout(timer);
      }
      if (child.pid) signal('SIGKILL'); // helpers that outlived their parent
      sweep();
    },
  };
}

/** Where a program is that is no snap; undefined when it is not on the PATH. */
export function onPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const found = folder && executable(join(folder, name));
    if (found && !isSnap(found)) return found;
  }
  return undefined;
}

// A snap has a /tmp of its own: it sees neither the profile nor the voice that it is given.
// Ubuntu's packages of browsers are scripts that call one.
function isSnap(path) {
  if (path.includes('/snap/')) return true;
  const beginning = Buffer.alloc(4096);
  let file;
  try {
    file = openSync(path, 'r');
    return beginning.subarray(0, readSync(file, beginning)).includes('/snap/bin/');
  } catch {
    return false; // a program need not be readable
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** The path, if it is of a program. */
export function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return path;
  } catch {
    return undefined;
  }
}
