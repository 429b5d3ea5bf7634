// The signed-in operator's own account: asked of the host in the operator's name, and waited for
// until there is one. Nothing of it is kept here, logged, or put into an address.

import { tabs } from '../tabs.js';
import { laidOver, missing } from './options.js';
import { Relay } from './relay.js';

/** Pauses before the host is asked again; each is made up to half longer, so that tabs spread. */
const PAUSES_MS = [1000, 4000, 15_000, 60_000];
/** How long the portal may take for a token, and the host for an answer. */
const DEADLINE_MS = 15_000;
const CURE = 'open the contact centre, choose this app, fill in your softphone account and save it';

/**
 * @param {{ given?: object, sip: boolean, turn?: boolean }} adapter its options, whether they are those of the SIP adapters, and
 *   whether the host has a TURN server
 * @param {{ state: string }} page is `waiting` while the operator has no account
 * @param {(code: string, error: unknown) => void} report
 * @returns {Promise<{ options: object, line?: string, iceServers?: () => Promise<object[]> }>} the options to make the softphone
 *   with, and where they change from call to call the servers of now
 */
export async function account({ given = {}, sip, turn }, page, report) {
  // Opened before the first look, so that what is saved meanwhile is not missed.
  const channel = tabs();
  try {
    for (;;) {
      const saved = heard(channel, 'account');
      const fields = await settings(report);
      const lacks = missing(fields, given, sip);
      if (lacks.length === 0) return whole(laidOver(given, fields, sip), fields, { sip, turn }, report);
      page.state = 'waiting';
      report('ACCOUNT_MISSING', `you have no complete softphone account (${lacks.join(', ')}): ${CURE}; the worker then starts by itself`);
      await saved;
      page.state = 'loading';
    }
  } finally {
    channel.close();
  }
}

/**
 * Who has saved a server goes by that; the others by the host's, whose credentials are this hour's: in the options they would
 * make a softphone of each hour another one.
 */
function whole(options, { line, ice }, { sip, turn }, report) {
  if (!turn || ice) return { options, line };
  const relay = new Relay(asked, report);
  void relay.servers();
  const iceServers = async () => [...(options.iceServers ?? []), ...(await relay.servers())];
  return { options: sip ? { ...options, iceServers: 'page' } : options, line, iceServers };
}

/** The operator's fields, asked for until the host gives them. */
async function settings(report) {
  let renew = false;
  for (let tries = 0; ; tries++) {
    try {
      return await ask('/settings/:portal/me', 'your account', await token(renew));
    } catch (error) {
      report(error.code ?? 'ACCOUNT_UNREACHABLE', error.message);
      // A token may end before its time.
      renew = error.code === 'ACCOUNT_REFUSED';
    }
    const pause = PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)];
    await new Promise((resolve) => setTimeout(resolve, pause * (1 + Math.random() / 2)));
  }
}

const asked = async (path, what) => ask(path, what, await token(false));

async function ask(path, what, { access_token, member_id }) {
  let answer;
  try {
    answer = await fetch(path.replace(':portal', encodeURIComponent(member_id)), {
      headers: { Authorization: `Bearer ${access_token}` },
      cache: 'no-store',
      signal: AbortSignal.timeout(DEADLINE_MS),
    });
    if (answer.ok) return await answer.json();
  } catch (error) {
    throw new Error(`the host does not give ${what}: ${error.message}; the worker asks again`);
  }
  const busy = answer.status >= 500 || answer.status === 429;
  const message = `the host answers ${answer.status} when asked for ${what}; the worker asks again`;
  throw Object.assign(new Error(message), { code: busy ? 'ACCOUNT_UNREACHABLE' : 'ACCOUNT_REFUSED' });
}

/** The portal's token, renewed by the portal when it has run out, or when it must be a new one. */
function token(renew) {
  return new Promise((resolve, reject) => {
    // BX24.js is silent when it fails.
    const late = () => reject(new Error('the portal gives no access token; the worker asks again'));
    setTimeout(late, DEADLINE_MS);
    BX24.init(() => {
      const now = !renew && BX24.getAuth();
      if (now) resolve(now);
      else BX24.refreshAuth((fresh) => (fresh ? resolve(fresh) : late()));
    });
  });
}

function heard(channel, type) {
  return new Promise((resolve) => {
    channel.onmessage = ({ data }) => data?.type === type && resolve();
  });
}
