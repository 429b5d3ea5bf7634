// The options both SIP adapters take (`sip-options.d.ts`), checked, with what is not given filled in.
// A mistake is told with its cure, before anything is connected.

import { problem } from '../lib/problem.js';
import { headerLines, isHeaderName } from './headers.js';

const DEFAULTS = {
  iceServers: [],
  relayOnly: false,
  registerExpires: 600,
  sessionTimers: true,
  // The worker refuses it, and records it.
  secondCall: 'ring',
  followTransfers: 'domain',
  assertedIdentity: true,
  preferredIdentity: true,
  extraHeaders: {},
  // 603 would end the call for all the others who are rung.
  decline: 480,
  autoAnswer: false,
  followRedirects: true,
  postDial: 'ask',
  ringtone: true,
  ringback: true,
  headers: [],
  externalId: 'X-Call-ID',
  dtmf: 'auto',
  iceGatheringMs: 2000,
  reconnect: { first: 500, last: 30_000 },
  ping: { every: 25_000, deadline: 5000 },
  iceRestart: { patience: 2000, wait: 8000, tries: 3 },
  byeDeadlineMs: 60_000,
};

/** The keys an integrator may give; a misspelt one is an error and not silence. */
const KNOWN = new Set([
  ...Object.keys(DEFAULTS), 'server', 'uri', 'user', 'password', 'credentials', 'displayName', 'line', 'microphone',
  'extensions', 'numbering',
]);

/** @returns the options with their defaults, and `servers`, `uri`, `domain`, `user` derived from them. */
export async function readOptions(adapter, given) {
  const fail = (message) => {
    throw problem('OPTIONS', `${adapter}: ${message}`);
  };
  if (given === null || typeof given !== 'object') fail('the options are missing: give at least server, uri and password');
  for (const key of Object.keys(given)) {
    if (!KNOWN.has(key)) fail(`there is no option "${key}"; there are ${[...KNOWN].sort().join(', ')}`);
  }
  const merged = { ...DEFAULTS, ...given, ...(await fetchCredentials(given.credentials, fail)) };
  for (const group of ['reconnect', 'ping', 'iceRestart']) merged[group] = { ...DEFAULTS[group], ...merged[group] };

  const servers = [merged.server ?? []].flat();
  if (servers.length === 0) fail('server is missing: the WebSocket address of your SIP server, for example wss://pbx.example.com:8443/ws');
  for (const server of servers) checkServer(server, fail);

  const address = /^sips?:([^@\s;:]+)@([^\s;?]+)$/.exec(merged.uri ?? '');
  if (!address) fail('uri must be the SIP address to register, for example sip:101@pbx.example.com');
  if (typeof merged.password !== 'string' || merged.password === '') {
    fail('password is missing: give it, or credentials (a function or a URL) that supplies it');
  }
  checkIceServers(merged, fail);
  if (merged.iceServers === 'page') merged.iceServers = [];
  if (!(merged.registerExpires >= 30)) fail('registerExpires must be 30 seconds or more');
  if (merged.sessionTimers === true) merged.sessionTimers = 1800; // what RFC 4028 recommends; JsSIP's own is 90
  if (merged.sessionTimers !== false && !(Number.isFinite(merged.sessionTimers) && merged.sessionTimers >= 90)) {
    fail('sessionTimers must be true, false, or an interval of 90 seconds or more');
  }
  if (!['reject', 'ring'].includes(merged.secondCall)) fail('secondCall must be "reject" (486 busy here) or "ring"');
  if (!['auto', 'rtp', 'info'].includes(merged.dtmf)) fail('dtmf must be "auto", "rtp" (RFC 4733) or "info" (SIP INFO)');
  if (typeof merged.assertedIdentity !== 'boolean') fail('assertedIdentity must be true, where the SIP server vouches for P-Asserted-Identity, or false');
  if (!Array.isArray(merged.headers) || !merged.headers.every(isHeaderName)) fail('headers must be an array of the names of SIP headers, for example ["X-Queue"]');
  if (!isHeaderName(merged.externalId)) fail('externalId must be the name of the SIP header in which the PBX names the call, for example "X-Call-ID"');
  if (typeof merged.followTransfers === 'boolean') merged.followTransfers = merged.followTransfers ? 'always' : 'never';
  if (!['always', 'domain', 'ask', 'never'].includes(merged.followTransfers) && typeof merged.followTransfers !== 'function') fail('followTransfers must be "domain" (who speaks from our own domain may transfer us), "always", "ask" or "never", or in an adapter of your own a function that decides');
  if (![480, 486, 603].includes(merged.decline)) fail('decline must be 480, 486 (busy) or 603, which ends the call for the whole group');
  if (!['ask', 'send'].includes(merged.postDial)) fail('postDial must be "ask" (tones after a number are sent by sendPostDial) or "send" (by themselves)');
  if (typeof merged.ringtone !== 'boolean' && !(typeof merged.ringtone === 'string' && merged.ringtone)) fail('ringtone must be true (the built-in one), false, or the address of a sound file');
  for (const name of ['ringback', 'preferredIdentity', 'autoAnswer', 'followRedirects']) if (typeof merged[name] !== 'boolean') fail(`${name} must be true or false`);
  if (merged.extraHeaders === null || typeof merged.extraHeaders !== 'object' || Array.isArray(merged.extraHeaders)) fail('extraHeaders must map names to values, for example {"X-Office":"Berlin"}');
  try {
    headerLines(merged.extraHeaders);
  } catch (error) {
    fail(`extraHeaders: ${error.message}`);
  }
  if (merged.numbering !== undefined && typeof merged.numbering !== 'function') fail('numbering must be a function that changes the number to dial: give it in an adapter of your own');
  const { extensions = {} } = merged;
  if (extensions === null || typeof extensions !== 'object' || Object.values(extensions).some((it) => typeof it !== 'string')) {
    fail('extensions must map user ids to extensions, for example {"7":"103"}');
  }
  return { ...merged, extensions, servers, domain: address[2], user: merged.user ?? decodeURIComponent(address[1]) };
}

/** What RTCPeerConnection would throw at in the middle of a call, or be silent about for its whole length. */
function checkIceServers({ iceServers, relayOnly }, fail) {
  if (typeof relayOnly !== 'boolean') fail('relayOnly must be true or false');
  if (iceServers === 'page') return;
  const example = '[{ urls: "turn:turn.example.com:3478", username: "…", credential: "…" }]';
  if (!Array.isArray(iceServers)) fail(`iceServers must be an array, as RTCPeerConnection takes it, or "page", whose iceServers() gives them: ${example}`);
  const urlsOf = ({ urls } = {}) => [urls ?? []].flat();
  for (const server of iceServers) {
    const urls = urlsOf(server ?? undefined);
    if (urls.length === 0) fail(`iceServers: each one needs urls: ${example}`);
    for (const url of urls) {
      if (!/^(stuns?|turns?):[^\s/?@]+(\?transport=(udp|tcp))?$/.test(url)) fail(`iceServers: an address must be like stun:stun.example.com or turns:turn.example.com:443?transport=tcp, without // and without a user`);
      const named = typeof server.username === 'string' && server.username !== '' && typeof server.credential === 'string' && server.credential !== '';
      if (url.startsWith('turn') && !named) fail('iceServers: a TURN server wants username and credential: it lets nobody through without');
    }
  }
  if (relayOnly && !iceServers.some((server) => urlsOf(server).some((url) => url.startsWith('turn')))) fail('relayOnly needs a TURN server in iceServers: there is no other way then');
}

function checkServer(server, fail) {
  let url;
  try {
    url = new URL(server);
  } catch {
    fail('server is not a URL: it must be like wss://pbx.example.com:8443/ws');
  }
  if (!['ws:', 'wss:'].includes(url.protocol)) fail(`server must begin with wss://, not ${url.protocol}//: browsers speak SIP over WebSocket only`);
  const local = /^(localhost|127\..*|\[::1\]|.*\.localhost)$/.test(url.hostname);
  if (url.protocol === 'ws:' && globalThis.location?.protocol === 'https:' && !local) {
    fail('server begins with ws://, which a page loaded by https may not open: use wss://');
  }
}

/** The password need not be in the page: a function, or an address of the integrator's, supplies it. */
async function fetchCredentials(credentials, fail) {
  if (credentials === undefined) return {};
  let got;
  if (typeof credentials === 'function') {
    got = await credentials();
  } else if (typeof credentials === 'string') {
    const response = await fetch(credentials, { credentials: 'include', cache: 'no-store' });
    if (!response.ok) fail(`the credentials address answered ${response.status}: it must give JSON with uri and password`);
    got = await response.json();
  } else {
    fail('credentials must be a function or a URL that gives { uri, password }');
  }
  if (got === null || typeof got !== 'object') fail('credentials gave no object: it must give { uri, password }, and may give any other option');
  return got;
}
