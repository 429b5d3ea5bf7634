// A cable between softphones and their SIP server that can be cut, held and mended; and that can end
// TLS before the server, as the proxy in front of a PBX does.

import { execFileSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/**
 * @param {number} port where the server listens on loopback
 * @param {{ tls?: boolean }} options
 */
export async function openLink(port, { tls = false } = {}) {
  const link = new Link(port, tls);
  await link.listen();
  return link;
}

class Link {
  #port;
  #pairs = new Set();
  #cut = false;
  #silent = false;
  #listener;
  #protocol;
  server;

  constructor(port, tls) {
    this.#port = port;
    const join = (near) => this.#join(near);
    this.#listener = tls ? createTlsServer(certificate(), join) : createServer(join);
    this.#protocol = tls ? 'wss' : 'ws';
  }

  async listen() {
    await new Promise((resolve) => this.#listener.listen(0, '127.0.0.1', resolve));
    this.server = `${this.#protocol}://127.0.0.1:${this.#listener.address().port}`;
  }

  /** Every connection breaks, and no new one comes about. */
  cut() {
    this.#cut = true;
    for (const { near, far } of this.#pairs) {
      near.destroy();
      far.destroy();
    }
  }

  mend() {
    this.#cut = false;
    this.#silent = false;
  }

  /** Nothing gets through any more, and nobody is told. New connections work after `mend`. */
  silence() {
    this.#silent = true;
    for (const { near, far } of this.#pairs) {
      near.pause().unpipe();
      far.pause().unpipe();
    }
  }

  /** What the server says waits here, in order, until `release`. */
  hold() {
    for (const { near, far } of this.#pairs) far.unpipe(near).pause();
  }

  /** How many bytes of what the server says wait here. */
  get waiting() {
    return [...this.#pairs].reduce((sum, { far }) => sum + far.readableLength, 0);
  }

  release() {
    for (const { near, far } of this.#pairs) far.pipe(near);
  }

  async close() {
    this.cut();
    await new Promise((resolve) => this.#listener.close(resolve));
  }

  #join(near) {
    if (this.#cut) return near.destroy();
    const far = connect(this.#port, '127.0.0.1');
    const pair = { near, far };
    this.#pairs.add(pair);
    for (const [end, other] of [[near, far], [far, near]]) {
      end.on('error', () => {});
      end.on('close', () => {
        this.#pairs.delete(pair);
        other.destroy();
      });
      if (!this.#silent) end.pipe(other);
    }
  }
}

/** One that nobody has signed; the browser of the tests is told not to mind. */
function certificate() {
  const made = execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1', '-subj', '/CN=127.0.0.1', '-keyout', '-', '-out', '-'],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return { key: made, cert: made };
}
