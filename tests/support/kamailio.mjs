// A real SIP server on a free port of loopback, see tests/sip/kamailio.cfg.

import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ROOT, freePort, freeUdpPort } from './servers.mjs';
import { until } from './until.mjs';

/** The domain it serves. */
export const DOMAIN = 'sip.test';

/**
 * @param {{ gruu?: boolean, rtpengine?: number, topoh?: boolean }} options `gruu`: whether a phone gets an address that outlives
 *   its connection (RFC 5627); `rtpengine`: its port, for telephones with plain RTP; `topoh`: whether each leg has names of its own
 * @returns {Promise<Kamailio>} one that takes calls
 */
export async function startKamailio(options = {}) {
  const server = new Kamailio(options);
  for (let tries = 3; ; tries--) {
    try {
      server.port = await freePort();
      server.udpPort = await freeUdpPort();
      await server.start();
      return server;
    } catch (error) {
      await server.kill();
      if (tries === 1) throw error; // else somebody else was faster at the port
    }
  }
}

class Kamailio {
  port;
  /** For trunks, see `sipp.mjs`. */
  udpPort;
  #folder = mkdtempSync(join(tmpdir(), 'b24-kamailio-'));
  #child;
  #exited;
  #log = '';
  #options;

  constructor({ gruu = true, rtpengine, topoh = false }) {
    this.#options = { gruu, rtpengine, topoh };
    process.once('exit', this.#now);
  }

  get server() {
    return `ws://127.0.0.1:${this.port}`;
  }

  get log() {
    return this.#log;
  }

  /** Starts it, or starts it again on the port it had. */
  async start() {
    const config = join(this.#folder, 'kamailio.cfg');
    const text = readFileSync(join(ROOT, 'tests/sip/kamailio.cfg'), 'utf8');
    const { gruu, rtpengine, topoh } = this.#options;
    const defines = [...(rtpengine ? ['RTPENGINE'] : []), ...(topoh ? ['TOPOH'] : [])].flatMap((name) => ['-A', name]);
    writeFileSync(config, text.replaceAll('RTPENGINE_PORT', String(rtpengine)).replaceAll('UDP_PORT', String(this.udpPort)).replaceAll('PORT', String(this.port)).replaceAll('GRUU_ENABLED', gruu ? '1' : '0'));
    // -DD: in the foreground, with all its processes; a group of its own, so that they end together.
    const arguments_ = ['-f', config, '-Y', this.#folder, '-P', join(this.#folder, 'pid'), '-DD', '-m', '32', '-M', '8', ...defines];
    const child = spawn('kamailio', arguments_, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
    this.#child = child;
    const keep = (chunk) => (this.#log = (this.#log + chunk).slice(-20_000));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    this.#exited = new Promise((resolve) => {
      child.once('exit', resolve);
      child.once('error', (error) => resolve(keep(`${error.message}\n`)));
    });
    const gone = this.#exited.then(() => {
      throw new Error(`Kamailio ended as it started\n${this.#log}`);
    });
    gone.catch(() => {});
    const up = until(() => fetch(`http://127.0.0.1:${this.port}/`).then((answer) => answer.ok), { what: 'Kamailio to answer' });
    await Promise.race([up, gone]);
  }

  /** Ends it as a crash would: nobody is told. */
  async kill() {
    if (!this.#child) return;
    this.#now();
    await this.#exited;
    this.#child = undefined;
  }

  async stop() {
    await this.kill();
    process.removeListener('exit', this.#now);
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Who is registered: `{ alice: 1 }`. */
  async registrations() {
    const answer = await fetch(`http://127.0.0.1:${this.port}/rpc`, {
      method: 'POST',
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ul.dump' }),
    });
    const { result } = await answer.json();
    const users = {};
    for (const { Domain } of result?.Domains ?? []) {
      for (const { Info } of Domain.AoRs ?? []) users[Info.AoR.split('@')[0]] = Info.Contacts.length;
    }
    return users;
  }

  #now = () => {
    try {
      process.kill(-this.#child.pid, 'SIGKILL');
    } catch {
      // it has gone already
    }
  };
}
