// Starts the project's two servers on loopback, for tests and the demo.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { LINE } from './portal.mjs';

export { until } from './until.mjs';

/** The repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export const BINARIES = process.env.B24_BIN_DIR ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target'), 'debug');
const LOG_LINES = 2000;

/** A TCP port of 127.0.0.1 nobody listens on; one of `wanted` where one of them is free. */
export async function freePort(...wanted) {
  for (const port of [...wanted, 0]) {
    const got = await new Promise((resolve) => {
      const probe = createServer();
      probe.once('error', () => resolve(undefined));
      probe.listen(port, '127.0.0.1', () => {
        const taken = probe.address().port;
        probe.close(() => resolve(taken));
      });
    });
    if (got) return got;
  }
  throw new Error('no free port on 127.0.0.1');
}

/** A UDP port of 127.0.0.1 nobody listens on. */
export function freeUdpPort() {
  return new Promise((resolve, reject) => {
    const probe = createSocket('udp4');
    probe.once('error', reject);
    probe.bind(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Starts the portal simulator.
 *
 * @param {{ port?: number, portalHost?: string, handler?: string, bx24Js?: string,
 *           args?: string[], env?: Record<string, string> }} options
 */
export function startSimulator({ port = 0, portalHost = 'portal.localhost', handler, bx24Js, args = [], env } = {}) {
  return startServer('b24-simulator', env, [
    '--listen', `127.0.0.1:${port}`,
    '--portal-host', portalHost,
    ...(handler ? ['--handler', handler] : []),
    ...(bx24Js ? ['--bx24-js', bx24Js] : []),
    ...args,
  ]);
}

/**
 * Starts the handler host.
 *
 * @param {{ port?: number, hostName?: string, dist?: string, bx24Js?: string, portal?: string | string[],
 *           adapter?: string, adapterOptions?: unknown, line?: string | string[],
 *           args?: string[], env?: Record<string, string> }} options
 */
export function startHost({
  port = 0, hostName = 'app.localhost', dist = join(ROOT, 'dist'), bx24Js, portal,
  adapter, adapterOptions, line, args = [], env,
} = {}) {
  const each = (flag, values) => [values ?? []].flat().flatMap((value) => [flag, value]);
  return startServer('b24-host', env, [
    '--listen', `127.0.0.1:${port}`,
    '--host-name', hostName,
    '--dist', dist,
    ...each('--bx24-js', bx24Js),
    ...each('--portal', portal),
    ...each('--adapter', adapter),
    ...(adapterOptions === undefined ? [] : ['--adapter-options', JSON.stringify(adapterOptions)]),
    ...each('--line', line),
    // ./build.sh test e2e --direct
    ...(process.env.B24_TRANSPORT && !args.includes('--transport') ? ['--transport', process.env.B24_TRANSPORT] : []),
    ...args,
  ]);
}

/** A host's options for this portal, with the loopback softphone on the simulator's telephone network. */
export const loopbackOf = (portal, takesUp) => ({
  bx24Js: `${portal}/api/v1/`,
  portal,
  adapter: 'loopback',
  adapterOptions: { network: `${portal.replace(/^http/, 'ws')}/phone`, line: LINE, takesUp },
  line: LINE,
});

/**
 * Both servers, each knowing the other, with the loopback softphone on the simulator's
 * telephone network. `simulator` and `host` are added to what each is started with; `takesUp`: see the loopback's options.
 *
 * @returns {Promise<{ simulator: Server, host: Server, stop(): Promise<void>, logs(lines?: number): string }>}
 */
export async function startStack({ simulator = {}, host = {}, ports = [], takesUp } = {}) {
  for (let tries = 3; ; tries--) {
    // Each needs the other's port, so both are chosen first; somebody else may still be faster.
    const hostPort = host.port ?? (await freePort(...ports.slice(0, 1)));
    const portalPort = simulator.port ?? (await freePort(...ports.slice(1, 2)));
    const portal = `http://${simulator.portalHost ?? 'portal.localhost'}:${portalPort}`;
    const handler = `http://${host.hostName ?? 'app.localhost'}:${hostPort}/handler`;
    const started = await Promise.allSettled([
      startSimulator({ handler, ...simulator, port: portalPort }),
      startHost({
        ...loopbackOf(portal, takesUp),
        ...host,
        port: hostPort,
      }),
    ]);
    const running = started.filter((it) => it.status === 'fulfilled').map((it) => it.value);
    const stop = async () => void (await Promise.all(running.map((server) => server.stop())));
    const failed = started.find((it) => it.status === 'rejected');
    if (failed) {
      await stop();
      if (tries > 1 && /in use|cannot listen/i.test(failed.reason.message)) continue;
      throw failed.reason;
    }
    const [portalServer, hostServer] = running;
    return {
      simulator: portalServer,
      host: hostServer,
      stop,
      logs: (lines = 20) =>
        running.map((server) => `--- ${server.name}\n${server.log().split('\n').slice(-lines).join('\n')}`).join('\n'),
    };
  }
}

/**
 * @typedef {object} Server
 * @property {string} name
 * @property {string} url Its public address, as it printed it.
 * @property {() => string} log What it wrote to stdout and stderr, the last 2000 lines.
 * @property {(method: string, path: string, body?: unknown) => Promise<any>} api
 *   An HTTP request with JSON both ways; rejects unless the answer is 2xx.
 * @property {() => Promise<void>} stop Asks it to stop, and kills it when it does not.
 * @property {Promise<void>} exited Settles when the process is gone, whoever ended it.
 */

async function startServer(name, env, args) {
  const binary = join(BINARIES, name);
  if (!existsSync(binary)) {
    throw new Error(`${name} is not built: run cargo build --workspace, or set B24_BIN_DIR`);
  }
  const child = spawn(binary, args, {
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = [];
  const keep = (line) => {
    lines.push(line);
    if (lines.length > LOG_LINES) lines.shift();
  };
  const exited = new Promise((resolve) => child.once('close', resolve));
  const killWithUs = () => child.kill('SIGKILL');
  process.once('exit', killWithUs);
  exited.then(() => process.removeListener('exit', killWithUs));
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
    await exited;
    clearTimeout(timer);
  };

  byLine(child.stderr, keep);
  const url = await new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`${name} did not start: ${why}\n${lines.join('\n')}`));
    const timer = setTimeout(() => stop().then(() => fail('it printed no `listening URL` within 60 s')), 60_000);
    byLine(child.stdout, (line) => {
      keep(line);
      const match = /^listening (https?:\/\/\S+)/.exec(line);
      if (!match) return;
      clearTimeout(timer); // else the deadline of the start would end it later
      resolve(match[1].replace(/\/$/, ''));
    });
    child.once('error', (error) => fail(error.message));
    exited.then(() => fail(`it exited with ${child.signalCode ?? child.exitCode}`));
    exited.then(() => clearTimeout(timer));
    timer.unref();
  });
  return { name, url, stop, exited, log: () => lines.join('\n'), api: (...call) => askJson(url, ...call) };
}

// By node:http and not fetch: *.localhost resolves in every browser, but not by every machine.
function askJson(base, method, path, body) {
  const url = new URL(path, base);
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const asked = request(
      {
        host: '127.0.0.1',
        port: url.port,
        path: url.pathname + url.search,
        method,
        agent: false,
        headers: {
          host: url.host,
          ...(text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
        },
      },
      (response) => {
        let answer = '';
        response.setEncoding('utf8').on('data', (chunk) => (answer += chunk));
        response.once('error', reject);
        response.once('end', () => {
          if (response.statusCode >= 300) {
            reject(new Error(`${method} ${path} answered ${response.statusCode}: ${answer.slice(0, 500)}`));
            return;
          }
          try {
            resolve(answer === '' ? undefined : JSON.parse(answer));
          } catch {
            resolve(answer);
          }
        });
      },
    );
    asked.setTimeout(90_000, () => asked.destroy(new Error(`${method} ${path}: no answer within 90 s`))); // longer than it waits
    asked.once('error', reject);
    asked.end(text);
  });
}

function byLine(stream, take) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    lines.forEach(take);
  });
  stream.once('end', () => rest && take(rest));
}
