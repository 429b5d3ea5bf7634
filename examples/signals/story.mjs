// How this example is tried by hand, and how it is tested: two tabs, and signals sent as a backend sends them.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const HERE = fileURLToPath(new URL('.', import.meta.url));

/** Where curl finds the portal: not each one knows that `*.localhost` is this machine. */
const portalOf = ({ url }) => `http://127.0.0.1:${new URL(url).port}`;

const DEAL = { deal: 4711 };
const TO_PORTAL = JSON.stringify({ users: [1], command: 'deal.won', params: DEAL });
const BY_HAND = `${HERE}signal.sh deal.won '${JSON.stringify(DEAL)}'`;

export const hints = ({ simulator, url }) => [
  ['The portal is open', `${simulator.url} (open it in two tabs)`],
  ['A signal, without a token', `curl -d '${TO_PORTAL}' ${portalOf(simulator)}/sim/pull/send`],
  ['and what came of it', `curl ${url}/done`],
  ['As your backend does it', `TOKEN=… PORTAL=${portalOf(simulator)} ${BY_HAND}`],
  ['TOKEN, in its console', 'BX24.getAuth().access_token'],
];

export default async function story({ simulator, url, openPortal, until }) {
  const tabs = [await openPortal('/'), await openPortal('/crm/deal/details/7/')];
  for (const tab of tabs) {
    await until(() => tab.ask(() => Boolean(globalThis.worker)), { what: 'the worker of each tab' });
  }
  await tabs[0].listening();

  const TOKEN = await tabs[0].ask(() => BX24.getAuth().access_token);
  const signal = async (deal) => {
    const env = { ...process.env, PORTAL: portalOf(simulator), TOKEN };
    const words = ['signal.sh', 'deal.won', JSON.stringify({ deal })];
    const { stdout } = await promisify(execFile)('sh', words, { cwd: HERE, env });
    assert.equal(JSON.parse(stdout).result, true, stdout);
  };
  const told = (count) => until(
    async () => {
      const all = await (await fetch(`${url}/done`)).json();
      if (all.length === count) return all;
      throw new Error(`they told ${JSON.stringify(all)}`);
    },
    { what: `the two tabs to have told ${count} times` },
  );
  const doneOf = (all, deal) => all.filter((it) => it.deal === deal && it.done).length;

  await signal(4711);
  const first = await told(2);
  assert.equal(doneOf(first, 4711), 1, 'one tab did it');
  assert.equal(new Set(first.map(({ page }) => page)).size, 2, 'both have heard of it');

  await signal(4711); // a backend that is not sure says it again
  await signal(4712);
  const all = await told(6);
  assert.deepEqual([doneOf(all, 4711), doneOf(all, 4712)], [1, 1], 'each once');
  return 'both tabs heard each signal of the backend, and one of them did what it says';
}
