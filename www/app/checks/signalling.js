// Whether the SIP server is there, knows the account, and answers what keeps a connection alive.

import { refusedLocally } from '../../adapters/signalling/local-network.js';
import { problem } from '../../adapters/lib/problem.js';
import { within } from './within.js';
import { Asker } from './asker.js';

/**
 * @param {{ server: string, uri: string, domain: string, user: string, password: string }} account
 * @returns {Promise<Asker>} connected; the caller closes it
 */
export async function connects(account) {
  if (!account.server) throw problem('SERVER_MISSING', 'fill in the server first');
  if (!/^wss?:\/\//.test(account.server)) throw problem('SERVER_MALFORMED', 'the server must be like wss://sip.example.com');
  const asker = new Asker({ ...account, uri: account.uri || 'sip:nobody@self-test.invalid' });
  try {
    await within(asker.connected, 'SERVER_UNREACHABLE', 'no WebSocket opens there: check address, port, path and certificate');
    return asker;
  } catch {
    asker.close();
    throw (await refusedLocally(account.server)) ?? problem('SERVER_UNREACHABLE', 'no WebSocket opens there: check address, port, path and certificate');
  }
}

/** A REGISTER without a Contact asks what is registered and changes nothing (RFC 3261 10.2.3): the worker stays where it is. */
export async function registers(asker, { domain, uri, password }) {
  if (!uri || !domain) throw problem('ACCOUNT_INCOMPLETE', 'fill in account and SIP domain first');
  if (!password) throw problem('PASSWORD_MISSING', 'fill in the password first');
  const { status, first } = await within(asker.ask('REGISTER', `sip:${domain}`), 'REGISTER_SILENT', 'the server does not answer a REGISTER: is it a SIP server, and is the SIP domain right?');
  if (status < 300) return;
  if (status === 401 || status === 407 || status === 403) throw problem('PASSWORD_WRONG', `the server refuses the account (${status}): check account, login and password`);
  if (status === 404) throw problem('ACCOUNT_UNKNOWN', 'the server does not know the account (404): check account and SIP domain');
  throw problem('REGISTER_REFUSED', `the server refuses to register the account: ${first.replace(/^SIP\/2\.0 /, '')}`);
}

/** Whatever the answer is, it is one. */
export async function answersOptions(asker, { domain }) {
  const { status } = await within(asker.ask('OPTIONS', `sip:${domain}`), 'OPTIONS_SILENT', 'the server does not answer OPTIONS: a connection that died is noticed late. Let it answer OPTIONS, or line ends (RFC 5626)');
  return String(status);
}
