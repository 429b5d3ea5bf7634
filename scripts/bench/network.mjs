// The network between a browser and servers on this machine: a TCP proxy for each server, all on one line.
//
// The browser's own throttling reaches neither frames of another site nor SharedWorkers.

import { connect, createServer } from 'node:net';

import { Shaper } from './shaper.mjs';

/**
 * What Chrome's DevTools mean by these names (devtools-frontend, front_end/core/sdk/NetworkManager.ts): 0.9 of the rate
 * that is in the name, and for each request 2.75 times (Fast 4G) or 5 times (Slow 3G) the network's round trip of 60 and 400 ms,
 * which stands for handshakes as well, so that a new connection costs nothing more here. `latencyMs` is both ways together.
 */
export const NETWORKS = {
  unthrottled: { latencyMs: 0, down: Infinity, up: Infinity },
  fast_4g: { latencyMs: 60 * 2.75, down: (9_000_000 / 8) * 0.9, up: (1_500_000 / 8) * 0.9 },
  slow_3g: { latencyMs: 400 * 5, down: (500_000 / 8) * 0.8, up: (500_000 / 8) * 0.8 },
};

/** More than this of one connection is not read from its server before it can leave. */
const AHEAD = 64 * 1024;

export class Network {
  #down;
  #up;
  #timer;
  #ends = new Map();
  #ways = [];
  /** How much later a request is passed on, by its path: for servers that are slow, whatever the network. */
  late = () => 0;

  constructor(name = 'unthrottled') {
    this.become(name);
  }

  /** Connections that are open break. */
  become(name) {
    const { latencyMs, down, up } = NETWORKS[name];
    this.#up = new Shaper({ latencyMs: latencyMs / 2, bytesPerS: up });
    this.#down = new Shaper({ latencyMs: latencyMs / 2, bytesPerS: down });
    for (const { socket } of this.#ends.values()) socket.destroy();
    this.#ends.clear();
  }

  /** A way to the server at this port. */
  async proxy(port) {
    const way = new Way(this, port);
    await way.up();
    this.#ways.push(way);
    return way;
  }

  async close() {
    await Promise.all(this.#ways.map((way) => way.down()));
  }

  /** @internal Joins a connection with its server. `taken` hears how much the server has sent. */
  join(near, far, taken) {
    const [up, down] = [this.#up, this.#down];
    const [toFar, toNear] = [Symbol('to the server'), Symbol('to the browser')];
    const full = () => down.waiting(toNear) > AHEAD;
    this.#ends.set(toFar, { socket: far }).set(toNear, { socket: near, delivered: () => far.isPaused() && !full() && far.resume() });
    near.on('data', (bytes) => {
      const lateMs = this.late(/^(?:GET|POST) (\S+)/.exec(bytes.toString('latin1', 0, 2000))?.[1] ?? '');
      if (!lateMs) return this.#send(up, toFar, bytes);
      near.pause();
      setTimeout(() => {
        this.#send(up, toFar, bytes);
        near.resume();
      }, lateMs);
    });
    far.on('data', (bytes) => {
      taken(bytes.length);
      this.#send(down, toNear, bytes);
      if (full()) far.pause();
    });
    near.on('end', () => this.#send(up, toFar, null));
    far.on('end', () => this.#send(down, toNear, null));
    near.on('error', () => {});
    far.on('error', () => near.destroy());
    near.on('close', () => {
      far.destroy();
      up.drop(toFar);
      down.drop(toNear);
      this.#ends.delete(toFar);
      this.#ends.delete(toNear);
    });
  }

  #send(line, key, bytes) {
    line.push(key, bytes, performance.now());
    this.#deliver();
  }

  #deliver() {
    const now = performance.now();
    for (const line of [this.#up, this.#down]) {
      for (const [key, bytes] of line.due(now)) {
        const { socket, delivered } = this.#ends.get(key) ?? {};
        if (bytes) socket?.write(bytes);
        else socket?.end();
        delivered?.();
      }
    }
    const next = Math.min(this.#up.next, this.#down.next);
    clearTimeout(this.#timer);
    if (next < Infinity) this.#timer = setTimeout(() => this.#deliver(), Math.max(0, next - now));
  }
}

/** One server, as the browser comes to it. */
class Way {
  #network;
  #to;
  #near = new Set();
  /** What came from the server, as `{ at, bytes }`. */
  #received = [];

  constructor(network, to) {
    this.#network = network;
    this.#to = to;
  }

  /** Takes connections; after `down` at the same port as before. */
  async up() {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (near) => {
      const far = connect({ port: this.#to, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      this.#near.add(near);
      near.on('close', () => this.#near.delete(near));
      this.#network.join(near, far, (bytes) => this.#received.push({ at: Date.now(), bytes }));
    });
    await new Promise((resolve, reject) => server.once('error', reject).listen(this.port ?? 0, '127.0.0.1', resolve));
    this.port = server.address().port;
    this.server = server;
  }

  /** As if the server's machine were switched off: what is open breaks, what is new is refused. */
  async down() {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const near of this.#near) near.destroy();
    await closed;
  }

  /** Begins to count anew. */
  count() {
    this.#received = [];
  }

  /** Bytes from the server, by a point in time of the machine's clock. */
  received(until = Infinity) {
    return this.#received.filter(({ at }) => at <= until).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** For how long the server has said nothing. */
  get quietMs() {
    return Date.now() - (this.#received.at(-1)?.at ?? Date.now());
  }
}
