// Whose page this is, on which portal: what a browser keeps for one operator is nobody else's, also where several sign in at
// one machine.

import { problem } from '../adapters/lib/problem.js';

/** BX24.js is silent when it fails. */
const DEADLINE_MS = 15_000;

let asked;

/** `DOMAIN USER`, asked of the portal once; empty where there is none. Rejects when the portal does not say. */
export function operator() {
  return (asked ??= whose().catch((error) => {
    asked = undefined; // another time it may
    throw error;
  }));
}

async function whose() {
  if (!globalThis.BX24) return '';
  const [portal] = globalThis.name.split('|');
  const user = await new Promise((resolve, reject) => {
    const silent = () => reject(problem('OPERATOR_UNKNOWN', 'the portal does not say who you are: reload the page'));
    setTimeout(silent, DEADLINE_MS);
    BX24.init(() => BX24.callMethod('profile', {}, (result) => (result.error() ? silent() : resolve(String(result.data().ID)))));
  });
  return `${portal} ${user}`;
}
