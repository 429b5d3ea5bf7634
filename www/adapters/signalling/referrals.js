// Who may send us on to somebody else (REFER): a stranger's word would have us dial whatever number costs most.

/** How long an operator may take who is asked. */
const ASK_MS = 30_000;

/**
 * @param {{ followTransfers: 'domain' | 'always' | 'ask' | 'never', domain: string, servers: string[] }} options
 * @param {{ callId: string, number: string, displayName?: string, referrer?: string }} referral `referrer`: the host it speaks from
 * @param {((to: { callId: string, number: string, displayName?: string }) => boolean | Promise<boolean>) | undefined} confirm asks the operator
 */
export async function mayRefer({ followTransfers, domain, servers }, { referrer = '', ...to }, confirm) {
  if (followTransfers === 'ask') return (await Promise.race([confirm?.(to), unanswered()])) === true;
  if (followTransfers !== 'domain') return followTransfers === 'always';
  const ours = [domain, ...servers.map((server) => new URL(server).host)].map((host) => host.replace(/:\d+$/, '').toLowerCase());
  return ours.includes(referrer.replace(/:\d+$/, ''));
}

const unanswered = () => new Promise((resolve) => setTimeout(resolve, ASK_MS, false));
