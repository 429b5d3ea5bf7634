// Who may send us on to somebody else (REFER): a stranger's word would have us dial whatever number costs most.

/**
 * @param {{ followTransfers: 'domain' | 'always' | 'ask' | 'never', domain: string, servers: string[] }} options
 * @param {{ callId: string, number: string, displayName?: string, referrer?: string }} referral `referrer`: the host it speaks from
 * @param {(to: { callId: string, number: string, displayName?: string }) => Promise<boolean>} confirm asks the operator
 */
export async function mayRefer({ followTransfers, domain, servers }, { referrer = '', ...to }, confirm) {
  if (followTransfers === 'ask') return confirm(to);
  if (followTransfers !== 'domain') return followTransfers === 'always';
  const ours = [domain, ...servers.map((server) => new URL(server).host)].map((host) => host.replace(/:\d+$/, '').toLowerCase());
  return ours.includes(referrer.replace(/:\d+$/, ''));
}
