// The pages that are measured side by side: each on a portal of its own, its server and BX24.js behind the bench's network.

import { freePort, loopbackOf, startHost, startSimulator } from '../../tests/support/servers.mjs';
import { startPeers } from './peers.mjs';

/** Options of the host, by which our candidates differ. */
const OURS = { ours: [], ours_direct: ['--transport', 'direct'] };
export const PEERS = ['empty', 'plain_js', 'bx24_in_head', 'by_hand', 'sdk'];
export const OUR_NAMES = Object.keys(OURS);
export const NAMES = [...PEERS, ...OUR_NAMES];

/**
 * @typedef {object} Candidate
 * @property {string} name
 * @property {boolean} listens
 * @property {import('../../tests/support/servers.mjs').Server} simulator its portal
 * @property {import('./network.mjs').Way} app the way to its server
 * @property {{ url: string }} host its server's address
 * @property {boolean} ours
 */

/** Starts candidates by their names. `quiet`: ours with the softphone that the peers' `phone_by_hand` has, too. */
export async function startCandidates(network, names, { quiet = false } = {}) {
  const pages = {};
  const peers = await startPeers((name) => pages[name]);
  const running = [];
  const candidates = [];
  const startOne = async (name) => {
    const ours = OURS[name];
    const hostPort = ours ? await freePort() : peers.port;
    const app = await network.proxy(hostPort);
    const url = `http://app.localhost:${app.port}`;
    const simulator = await startSimulator({ handler: `${url}/${ours ? 'handler' : name}` });
    running.push(simulator);
    const bx24 = await network.proxy(new URL(simulator.url).port);
    const phone = loopbackOf(simulator.url);
    pages[name] = { bx24: `http://api.localhost:${bx24.port}/api/v1/`, network: phone.adapterOptions.network, line: phone.line };
    if (ours) {
      const adapter = quiet ? { adapter: `http://app.localhost:${peers.port}/quiet_phone.js` } : {};
      running.push(await startHost({ ...phone, ...adapter, port: hostPort, bx24Js: pages[name].bx24, args: ours }));
    }
    candidates.push({ name, ours: !!ours, listens: name !== 'empty', simulator, app, host: { url } });
  };
  const stop = async () => {
    peers.stop();
    await Promise.all(running.map((server) => server.stop()));
  };
  try {
    for (const name of names) await startOne(name);
  } catch (error) {
    await stop();
    throw error;
  }
  return { candidates, stop };
}
