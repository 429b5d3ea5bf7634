// Whose page this is, on which portal: what a browser keeps for one operator is nobody else's, also where several sign in at
// one machine.

/** BX24.js is silent when it fails. */
const DEADLINE_MS = 15_000;

let asked;

/** `DOMAIN USER`; empty where no portal says. Asked once. */
export function operator() {
  return (asked ??= whose());
}

async function whose() {
  const [portal] = globalThis.name.split('|');
  const user = await new Promise((resolve) => {
    if (!globalThis.BX24) return resolve('');
    setTimeout(resolve, DEADLINE_MS, '');
    BX24.init(() => BX24.callMethod('profile', {}, (result) => resolve(result.error() ? '' : String(result.data()?.ID ?? ''))));
  });
  if (!user) asked = undefined; // another time it may
  return user && `${portal} ${user}`;
}
