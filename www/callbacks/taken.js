// Tells the host that a callback which a form has asked for is being made here, so that it asks nobody
// else. The host asks the next operator when it hears nothing for a while.

/** Pauses before the host is told again. After the last one it has asked somebody else. */
const PAUSES_MS = [1000, 3000, 10_000, 20_000];
/** From these states on an operator is at work on the call. */
const MADE = new Set(['dialing', 'connected', 'ending']);

/**
 * @param {{ on(event: string, listener: (detail: any) => void): unknown }} worker
 * @param {(callId: string) => Promise<boolean>} [send] gives whether the host has taken it
 */
export function tell(worker, send = post) {
  // The call's card and its signal come in either order.
  const asked = new Set();
  let made;
  const look = () => {
    if (!made || !asked.delete(made)) return;
    void insist(made, send);
  };
  worker.on('signal', ({ command, params }) => {
    if (command !== 'dial' || params?.callback !== true || typeof params.callId !== 'string') return;
    asked.add(params.callId);
    look();
  });
  worker.on('callchanged', ({ call }) => {
    made = call && MADE.has(call.state) ? call.callId : undefined;
    look();
  });
}

async function insist(callId, send) {
  for (const pause of [...PAUSES_MS, 0]) {
    if (await send(callId).catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}

async function post(callId) {
  const { access_token, member_id } = globalThis.BX24.getAuth() || (await renewed());
  const path = [member_id, callId].map(encodeURIComponent);
  const answer = await fetch(`/callbacks/${path[0]}/${path[1]}/taken`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${access_token}` },
    cache: 'no-store',
    keepalive: true,
  });
  return answer.ok;
}

function renewed() {
  return new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error('the portal gives no token')), 10_000);
    globalThis.BX24.refreshAuth((auth) => (auth ? resolve(auth) : reject(new Error('the portal gives no token'))));
  });
}
