// Digest challenges (RFC 8760): both libraries know MD5 only, and read only the first of several. They are
// shown one challenge, as if it were MD5, and what they answer is computed anew where it is SHA-256.

import { parts } from './message.js';

const KNOWN = new Map([['', 'MD5'], ['MD5', 'MD5'], ['SHA-256', 'SHA-256']]);
/** How many nonces of SHA-256 are remembered. */
const KEPT = 50;

export class Challenges {
  #password;
  /** Nonces whose answers are to be SHA-256, the newest last. */
  #sha256 = new Set();

  constructor(password) {
    this.#password = password;
  }

  /** Leaves of the challenges in a 401 or 407 the first that can be answered, as the libraries can read it. */
  simplify(message) {
    for (const name of ['www-authenticate', 'proxy-authenticate']) {
      const all = message.all(name).map(readDigest);
      const first = all.find((it) => it && KNOWN.has((it.get('algorithm') ?? '').toUpperCase()));
      if (!first) continue;
      if (KNOWN.get((first.get('algorithm') ?? '').toUpperCase()) === 'SHA-256') this.#remember(first.get('nonce'));
      first.set('algorithm', 'MD5');
      // JsSIP would choose `auth-int`, which few servers have ever been tried with.
      const qop = first.get('qop')?.split(/[\s,]+/);
      if (qop?.includes('auth')) first.set('qop', 'auth');
      if (/^true$/i.test(first.get('stale') ?? '')) first.set('stale', 'true');
      message.set(name, writeDigest(first));
    }
  }

  /** Whether the answer in this message is to be computed anew, which takes a moment. */
  concerns(message) {
    return ['authorization', 'proxy-authorization'].some((name) => this.#sha256.has(readDigest(message.get(name))?.get('nonce')));
  }

  async answer(message) {
    for (const name of ['authorization', 'proxy-authorization']) {
      const given = readDigest(message.get(name));
      if (!given || !this.#sha256.has(given.get('nonce'))) continue;
      const it = (key) => given.get(key) ?? '';
      const a1 = await sha256(`${it('username')}:${it('realm')}:${this.#password}`);
      const body = it('qop') === 'auth-int' ? `:${await sha256(message.body)}` : '';
      const a2 = await sha256(`${message.method}:${it('uri')}${body}`);
      const middle = it('qop') ? `${it('nc')}:${it('cnonce')}:${it('qop')}:` : '';
      given.set('algorithm', 'SHA-256');
      given.set('response', await sha256(`${a1}:${it('nonce')}:${middle}${a2}`));
      message.set(name === 'authorization' ? 'Authorization' : 'Proxy-Authorization', writeDigest(given));
    }
  }

  #remember(nonce) {
    this.#sha256.add(nonce);
    if (this.#sha256.size > KEPT) this.#sha256.delete(this.#sha256.values().next().value);
  }
}

/** @returns {Map<string, string> | undefined} the parts of a challenge, or of the answer to one */
export function readDigest(value = '') {
  const [, rest] = /^digest\s+(.*)$/i.exec(value) ?? [];
  if (rest === undefined) return undefined;
  return new Map(parts(rest).map((part) => {
    const [, key, text] = /^([^\s=]+)\s*=\s*(.*)$/.exec(part) ?? [, part, ''];
    return [key.toLowerCase(), text.replace(/^"|"$/g, '')];
  }));
}

/** What stands without quotes (RFC 3261 25.1). Of a challenge `qop` does stand in quotes, of an answer it does not. */
const BARE = new Set(['algorithm', 'stale', 'nc']);

const writeDigest = (all) =>
  `Digest ${[...all].map(([key, value]) => (BARE.has(key) || (key === 'qop' && all.has('nc')) ? `${key}=${value}` : `${key}="${value}"`)).join(', ')}`;

async function sha256(text) {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}
