// Whether sound comes out of the microphone, and gets through the network by the servers that calls go by.

import { openMicrophone } from '../../media/microphone.js';
import { problem } from '../../adapters/lib/problem.js';
import { within } from './within.js';

/** Below this, in energy of a second, a microphone is silent: a quiet room has more. */
const SILENCE = 1e-9;

/** @param {string} [deviceId] the operator's choice @returns {Promise<MediaStreamTrack>} to be stopped by the caller */
export const hears = (deviceId) => openMicrophone(deviceId ? { deviceId: { exact: deviceId } } : {});

/**
 * Looks for a way through the network: by a STUN or TURN server where there is one.
 *
 * @param {RTCIceServer[]} iceServers
 * @returns {Promise<string>} the kind of the candidate that was found
 */
export async function findsAWay(iceServers) {
  const peer = open(iceServers);
  const has = (scheme) => iceServers.some(({ urls }) => [urls].flat().some((url) => url.startsWith(scheme)));
  const wanted = has('turn') ? 'relay' : has('stun') ? 'srflx' : undefined;
  try {
    let refused;
    const found = new Promise((resolve, reject) => {
      peer.onicecandidate = ({ candidate }) => candidate && (!wanted || candidate.type === wanted || candidate.type === 'relay') && resolve(candidate.type);
      peer.onicecandidateerror = ({ errorCode, errorText }) => {
        if (errorCode === 401 || errorCode === 403) reject(problem('TURN_REFUSED', `the TURN server refuses user or password (${errorCode})`));
        else refused = `${errorCode} ${errorText}`;
      };
    });
    peer.addTransceiver('audio');
    await peer.setLocalDescription();
    const cure = () => `no way through the network: check the firewall and the STUN or TURN server${refused ? ` (${refused})` : ''}`;
    return await within(found, 'NO_WAY', cure);
  } finally {
    peer.close();
  }
}

/**
 * Sends a second of what the microphone hears around a loop, by a TURN server where there is one.
 *
 * @param {MediaStreamTrack} microphone
 * @param {RTCIceServer[]} iceServers
 * @param {boolean} relayed
 */
export async function comesBack(microphone, iceServers, relayed) {
  const policy = relayed ? 'relay' : 'all';
  const [here, there] = [open(iceServers, policy), open(iceServers, policy)];
  const speaker = Object.assign(new Audio(), { muted: true });
  try {
    for (const [one, other] of [[here, there], [there, here]]) one.onicecandidate = ({ candidate }) => candidate && void other.addIceCandidate(candidate);
    there.ontrack = ({ track }) => {
      speaker.srcObject = new MediaStream([track]); // what nobody plays is not decoded
      void speaker.play().catch(() => {});
    };
    here.addTrack(microphone, new MediaStream([microphone]));
    await here.setLocalDescription();
    await there.setRemoteDescription(here.localDescription);
    await there.setLocalDescription();
    await here.setRemoteDescription(there.localDescription);
    const connected = new Promise((resolve, reject) => {
      here.onconnectionstatechange = () => {
        if (here.connectionState === 'connected') resolve();
        if (here.connectionState === 'failed') reject(problem('LOOP_BROKEN', 'sound does not get through: check the firewall and the TURN server'));
      };
    });
    await within(connected, 'LOOP_BROKEN', 'sound does not get through: check the firewall and the TURN server');
    const before = await heard(there);
    await new Promise((resolve) => setTimeout(resolve, 1000)); // the second that is listened to
    const after = await heard(there);
    if (after.packets - before.packets < 10) throw problem('LOOP_BROKEN', 'the connection is there, and no sound comes through it: check the firewall');
    if ((await spoken(here)) < SILENCE) throw problem('MICROPHONE_SILENT', 'the microphone gives no sound: it is switched off at the headset or in the system');
    return `${after.packets - before.packets} packets`;
  } finally {
    speaker.srcObject = null;
    here.close();
    there.close();
  }
}

const open = (iceServers, iceTransportPolicy) => new RTCPeerConnection({ iceServers, iceTransportPolicy });

async function heard(peer) {
  for (const stat of (await peer.getStats()).values()) if (stat.type === 'inbound-rtp') return { packets: stat.packetsReceived };
  return { packets: 0 };
}

/** Firefox does not tell: then it is believed. */
async function spoken(peer) {
  for (const stat of (await peer.getStats()).values()) if (stat.type === 'media-source') return stat.totalAudioEnergy ?? 1;
  return 1;
}
