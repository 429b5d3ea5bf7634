// A PBX in the office's own network. Chromium lets a page of the internet connect there only with the user's permission, and a
// frame only where its portal passes that on; what is refused looks like a server that is down.

import { problem } from '../lib/problem.js';

/** The permission's names, which have changed since Chrome 142: the first that a browser knows counts. */
const NAMES = { loopback: ['loopback-network', 'local-network-access'], local: ['local-network', 'local-network-access'] };

const CURE =
  'allow access to the local network for the portal\'s site in the browser\'s settings, or by the policy LocalNetworkAccessAllowedForUrls, or let the server be reached by a public address';

/**
 * Why a server could not be reached, where it is the browser that does not let us.
 *
 * @param {string} server its WebSocket's address
 * @param {{ permissions?: Permissions, page?: string }} [browser] `page`: the host of the page that connects
 * @returns {Promise<(Error & { code: 'LOCAL_NETWORK' }) | undefined>}
 */
export async function refusedLocally(server, { permissions = navigator.permissions, page = globalThis.location?.hostname ?? '' } = {}) {
  const { hostname } = new URL(server);
  const [where, ours] = [placeOf(hostname), placeOf(page)];
  // Who is in that network already, or nearer, is never asked about.
  if (ours === 'loopback' || (ours === 'local' && where !== 'loopback')) return undefined;
  const state = await stateOf(NAMES[where === 'loopback' ? 'loopback' : 'local'], permissions);
  if (where !== 'unknown' && state === 'prompt') {
    return problem('LOCAL_NETWORK', `the browser has not been allowed to reach the SIP server in this office's network: ${CURE}`);
  }
  if (state !== 'denied') return undefined;
  const certain = where === 'unknown' ? 'if the SIP server is in this office\'s network, ' : '';
  return problem('LOCAL_NETWORK', `${certain}the browser does not let this page reach it there: ${CURE}`);
}

/** What a name or an address tells of where it leads. */
function placeOf(hostname) {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  if (/^(localhost|127\.[\d.]+|::1)$|\.localhost$/.test(host)) return 'loopback';
  const local =
    /^(10\.|192\.168\.|169\.254\.|172\.(1[6-9]|2\d|3[01])\.|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)[\d.]+$/.test(host) ||
    /^(f[cd][\da-f]{2}|fe[89ab][\da-f]):/.test(host) ||
    /\.(local|lan|internal|intranet|home\.arpa)$/.test(host) ||
    !/[.:]/.test(host);
  return local ? 'local' : 'unknown';
}

async function stateOf(names, permissions) {
  for (const name of names) {
    try {
      return (await permissions.query({ name })).state;
    } catch {
      // not a name that this browser knows, or no permissions at all
    }
  }
  return undefined;
}
