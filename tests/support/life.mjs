// A portal and a host that have yet to meet: the app is not installed. What a whole life of the
// app needs, from the installer to the uninstallation.

import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { BINARIES, freePort, startStack, until } from './servers.mjs';

const run = promisify(execFile);

/** The app's id and secret on the simulated portal. */
export const CLIENT_ID = 'local.simulator';
const SECRET = 'simulator';

/**
 * Starts both servers. The stack also has `portal` (its origin), `rows(placement?)`, `install()` for those
 * who do not come to see the installer, and `command(...)`, a command of b24-host on the same data.
 *
 * @param {{ host?: object, hostArgs?: string[], simulator?: object }} options are added to what each is started with
 */
export async function startLife({ host = {}, hostArgs = [], simulator = {} } = {}) {
  const data = await mkdtemp(join(tmpdir(), 'b24-life-'));
  const [hostPort, portalPort] = await Promise.all([freePort(), freePort()]); // both open at once, so two different ones
  const portal = `http://portal.localhost:${portalPort}`;
  const app = `http://app.localhost:${hostPort}`;
  const life = ['--data', data, '--allow-loopback', '--client-id', CLIENT_ID, '--oauth-server', `http://oauth.localhost:${portalPort}`];
  const env = { B24_HOST_CLIENT_SECRET: SECRET };
  const stack = await startStack({
    simulator: { port: portalPort, args: ['--install-url', `${app}/install`], ...simulator },
    host: {
      port: hostPort, env,
      args: [...life, '--public-url', app, '--error-interval', '1', '--retry-pause', '50', ...hostArgs],
      ...host,
    },
  });
  const { api } = stack.simulator;
  const stop = stack.stop;
  return Object.assign(stack, {
    portal,
    stop: async () => {
      await stop();
      await rm(data, { recursive: true, force: true });
    },

    /** The app's handlers on the portal. */
    rows: async (placement) =>
      (await api('GET', '/sim/app')).placements.filter((row) => !placement || row.placement === placement),

    /** Until the portal has a handler for each of the three placements. */
    bound() {
      return until(async () => (await this.rows()).length === 3, { what: 'the host to bind its three placements' });
    },

    /** The installer's form, as a frame posts it, and a page that says installFinish at once. */
    async install(userId = 1) {
      await api('POST', '/sim/app/install', { userId });
      return this.bound();
    },

    /** What a command of b24-host prints, on the same data as the running host. */
    async command(...args) {
      const { stdout } = await run(join(BINARIES, 'b24-host'), [...args, ...life], { env: { ...process.env, ...env, NO_COLOR: '1' } });
      return stdout;
    },
  });
}
