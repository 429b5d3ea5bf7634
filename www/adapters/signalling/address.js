// Addresses as they stand in From, To, Contact, P-Asserted-Identity: read leniently, for what the operator
// is shown, and judged strictly, for what the libraries can read.

import { parts } from './message.js';

/**
 * @param {string} [value] a name-addr or addr-spec, `"Ann" <sip:101@pbx.test>;tag=x`
 * @returns {{ name: string, uri: string, rest: string }} `rest`: the header's parameters, with their `;`
 */
export function split(value = '') {
  const text = value.trim();
  const open = text.startsWith('"') ? text.indexOf('<', endOfQuote(text)) : text.indexOf('<');
  const close = text.indexOf('>', open);
  if (open < 0 || close < 0) {
    // Without brackets all parameters are the header's (RFC 3261 20).
    const at = text.indexOf(';');
    return { name: '', uri: at < 0 ? text : text.slice(0, at), rest: at < 0 ? '' : text.slice(at) };
  }
  return { name: unquoted(text.slice(0, open).trim()), uri: text.slice(open + 1, close).trim(), rest: text.slice(close + 1).trim() };
}

function endOfQuote(text) {
  for (let at = 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at;
  }
  return 0; // one that never ends
}

const unquoted = (text) => text.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1').trim();

export const quoted = (text) => `"${text.replace(/[\\"]/g, '\\$&').replace(/[\r\n]+/g, ' ')}"`;

/** @returns {{ scheme: string, user: string, host: string }} of a `sip:`, `sips:` or `tel:` URI; the user is a number's digits where it is one */
export function readUri(uri = '') {
  const [, scheme = '', rest = ''] = /^([a-z][\w+.-]*):(.*)$/i.exec(uri) ?? [];
  if (/^tel$/i.test(scheme)) return { scheme: 'tel', user: number(rest.split(';')[0]), host: '' };
  const plain = rest.replace(/\?[^@]*$/, '');
  const at = plain.lastIndexOf('@');
  // What follows a `;` in the user part (`npdi`, `phone-context`) is no part of the number.
  const user = at < 0 ? '' : plain.slice(0, at).split(';')[0].replace(/:.*$/, '');
  return { scheme: scheme.toLowerCase(), user: number(decoded(user)), host: plain.slice(at + 1).split(';')[0].toLowerCase() };
}

const number = (user) => (/^\+?[\d().-]*\d[\d().-]*$/.test(user) ? user.replace(/[().-]/g, '') : user);

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const USER = /^[\w.!~*'()&=+$,;?\/%-]+(:[\w.!~*'()&=+$,%-]*)?$/;
const HOST = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[\da-f:.]+\]|(?:[a-z\d](?:[a-z\d-]*[a-z\d])?\.)*[a-z](?:[a-z\d-]*[a-z\d])?\.?)(?::\d{1,5})?$/i;
const TAIL = /^(?:;[\w.!~*'%[\]/:&+$-]+(?:=[\w.!~*'()%[\]/:&+$-]+)?)*(?:\?[\w.!~*'()%[\]/?:+$=&-]+)?$/;

/** Whether both libraries can read it: what RFC 3261's grammar allows, and no other scheme. */
export function isReadable(uri) {
  const [, userinfo, host, tail] = /^sip:(?:([^@]*)@)?([^;?]*)(.*)$/i.exec(uri) ?? [];
  return host !== undefined && (userinfo === undefined || USER.test(userinfo)) && HOST.test(host) && TAIL.test(tail);
}

export const isReadableHost = (host) => HOST.test(host);

const TOKENS = /^[\w.!%*+`'~-]+(?: +[\w.!%*+`'~-]+)*$/;

/** A name both libraries can read: tokens as they are, all else in quotes. */
export const readableName = (name) => (name === '' ? '' : TOKENS.test(name) ? `${name} ` : `${quoted(name)} `);

// ---- who it is

/** Users by which gateways say that a number is withheld. */
const WITHHELD = /^(anonymous|restricted|unknown|unavailable|private|withheld|no[-_ ]?number)$/i;

/**
 * Who the other side is.
 *
 * @param {import('./message.js').Message} message a request or a response of the other side's
 * @param {{ header: string, trusted: boolean }} options `header`: where it stands by itself, `from` or `to`; `trusted`:
 *   whether what the server asserts goes before it
 * @returns {{ number: string, displayName?: string, asserted: boolean }} an empty number where it is withheld
 */
export function identity(message, { header, trusted }) {
  const own = split(message.get(header));
  const asserted = trusted ? assertedIdentity(message) : undefined;
  const privacy = (message.get('privacy') ?? '').toLowerCase().split(/[;,\s]+/);
  const { uri, name } = asserted ?? own;
  const { user, host } = readUri(uri);
  const hidden = privacy.some((it) => it === 'id' || it === 'header' || it === 'user') || asserted?.hidden;
  const withheld = hidden || !user || WITHHELD.test(user) || /^(anonymous|unknown|restricted)\.invalid(:|$)/.test(host);
  if (withheld) return { number: '', asserted: !!asserted };
  const displayName = name || (asserted && readUri(own.uri).user === user ? own.name : '');
  return { number: user, ...(displayName && { displayName }), asserted: !!asserted };
}

/** P-Asserted-Identity (RFC 3325), else Remote-Party-ID, the older one that Asterisk and Cisco know. */
function assertedIdentity(message) {
  const stated = message.all('p-asserted-identity').flatMap((value) => parts(value)).map(split);
  const best = stated.find(({ uri }) => /^\+?\d+$/.test(readUri(uri).user)) ?? stated.find(({ uri }) => readUri(uri).user);
  if (best) return best;
  const remote = message.all('remote-party-id').flatMap((value) => parts(value)).map(split).find(({ uri }) => readUri(uri).user);
  return remote && { ...remote, hidden: /;\s*privacy=(full|uri|name)/i.test(remote.rest) };
}
