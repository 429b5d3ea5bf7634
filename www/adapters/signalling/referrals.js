// Who may send us on to somebody else (REFER): a stranger's word would have us dial whatever number costs most.

import { pause } from '../lib/problem.js';

/** How long whoever decides may take: the far end waits for it. */
export const CONFIRM_MS = 30_000;

/** @typedef {{ callId: string, number: string, displayName?: string }} To */

/**
 * @param {{ followTransfers: 'domain' | 'always' | 'ask' | 'never' | ((to: To) => unknown), domain: string, servers: string[] }} options
 * @param {To & { referrer?: string }} referral `referrer`: the host it speaks from
 * @param {(to: To) => Promise<boolean>} confirm asks the operator
 */
export async function mayRefer({ followTransfers, domain, servers }, { referrer = '', ...to }, confirm) {
  if (typeof followTransfers === 'function') return (await Promise.race([followTransfers(to), pause(CONFIRM_MS)])) === true;
  if (followTransfers === 'ask') return confirm(to);
  if (followTransfers !== 'domain') return followTransfers === 'always';
  const ours = [domain, ...servers.map((server) => new URL(server).host)].map((host) => host.replace(/:\d+$/, '').toLowerCase());
  return ours.includes(referrer.replace(/:\d+$/, ''));
}
