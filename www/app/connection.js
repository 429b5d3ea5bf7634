// What the app's page in the contact centre loads when it is there: the choice of devices, and the self-test.

import { laidOver } from '../account/options.js';
import { selfTest as test } from './checks/all.js';

export { devices } from './devices.js';

/**
 * The self-test, of the account as the softphone would have it.
 *
 * @param {{
 *   given: object, fields: Record<string, string>, turn?: { iceServers: RTCIceServer[] },
 *   identity(): Promise<unknown>, channel(): Promise<unknown>,
 * }} about `given`: the host's options; `fields`: what the operator has saved, or is about to
 * @param {(name: string, outcome: { ok: boolean, code?: string, text?: string }) => void} tell
 */
export function selfTest({ given, fields, turn, identity, channel }, tell) {
  const { account: name, domain } = fields;
  const { server, uri, user = name, password, iceServers = [] } = laidOver(given, fields, true);
  const account = { server: [server ?? []].flat()[0], uri: name && domain ? uri : '', domain, user, password, iceServers: [...iceServers, ...(turn?.iceServers ?? [])] };
  return test({ account, portal: { identity, channel } }, tell);
}
