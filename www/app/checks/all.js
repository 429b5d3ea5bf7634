// The self-test: everything a call needs, one after the other, each with its code and its cure, and without calling anybody.

import { chosen } from '../../media/choice.js';
import { find } from '../../media/devices.js';
import { problem } from '../../adapters/lib/problem.js';
import { findsAWay, comesBack, hears } from './sound.js';
import { answersOptions, connects, registers } from './signalling.js';

/**
 * @param {{
 *   account: { server: string, uri: string, domain: string, user: string, password: string, iceServers: RTCIceServer[] },
 *   portal: { identity(): Promise<void>, channel(): Promise<void> },
 * }} about what is tested: the account as the softphone would have it, and what the portal is asked
 * @param {(name: string, outcome: { ok: boolean, code?: string, text?: string }) => void} tell
 */
export async function selfTest({ account, portal }, tell) {
  let microphone;
  let asker;
  const { iceServers } = account;
  const relayed = iceServers.some(({ urls }) => [urls].flat().some((url) => url.startsWith('turn')));
  const checks = {
    identity: () => portal.identity(),
    channel: () => portal.channel(),
    microphone: async () => {
      const [{ microphone: wanted }, devices] = await Promise.all([chosen(), navigator.mediaDevices?.enumerateDevices() ?? []]);
      microphone = await hears(wanted && find(devices, 'audioinput', wanted)?.deviceId);
      return microphone.label;
    },
    socket: async () => void (asker = await connects(account)),
    register: () => registers(needed(asker), account),
    options: () => answersOptions(needed(asker), account),
    media: () => findsAWay(iceServers),
    loop: () => comesBack(needed(microphone), iceServers, relayed),
  };
  try {
    for (const [name, check] of Object.entries(checks)) {
      try {
        tell(name, { ok: true, text: await check() });
      } catch ({ code, message }) {
        tell(name, { ok: false, code: typeof code === 'string' ? code : undefined, text: message });
      }
    }
  } finally {
    microphone?.stop();
    asker?.close();
  }
}

function needed(before) {
  if (!before) throw problem('NOT_TRIED', 'not tried: what it needs has failed above');
  return before;
}
