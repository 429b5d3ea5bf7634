// A sound card that nobody hears, for a browser that runs no audio without one.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { onPath } from './browser.mjs';
import { until } from './until.mjs';

/**
 * On Linux, where there is PulseAudio's server: one of our own, that plays into nothing. Else the machine's own.
 *
 * @returns {Promise<{ env: Record<string, string>, stop(): Promise<void> }>}
 */
export async function startSilence() {
  if (process.platform !== 'linux' || !onPath('pulseaudio')) return { env: {}, stop: async () => {} };
  const folder = mkdtempSync(join(tmpdir(), 'b24-silence-'));
  const socket = join(folder, 'native');
  const child = spawn('pulseaudio', [
    '-n', '--daemonize=no', '--exit-idle-time=-1', '--disable-shm=yes',
    '-L', 'module-null-sink', '-L', `module-native-protocol-unix auth-anonymous=1 socket=${socket}`,
  ], { stdio: 'ignore', env: { ...process.env, HOME: folder, XDG_RUNTIME_DIR: folder } });
  const exited = new Promise((resolve) => child.once('close', resolve));
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  await until(() => existsSync(socket), { what: 'the silent sound card' });
  return {
    env: { PULSE_SERVER: `unix:${socket}` },
    async stop() {
      child.kill('SIGTERM');
      await exited;
      process.removeListener('exit', killWithUs);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
