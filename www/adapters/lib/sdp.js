// The few questions we ask of a session description.

/** The direction of the audio as its author means it. */
export function audioDirection(sdp) {
  const [session, ...media] = sdp.split(/^m=/m);
  const audio = media.find((section) => section.startsWith('audio')) ?? '';
  const direction = (text) => /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(text)?.[1];
  return direction(audio) ?? direction(session) ?? 'sendrecv';
}

/** Whether its author takes DTMF as RTP events (RFC 4733). */
export const takesTelephoneEvents = (sdp) => /^a=rtpmap:\d+ telephone-event\//im.test(sdp ?? '');

/** Whether it says where its author can be reached. */
export const hasCandidates = (sdp) => /^a=candidate:/m.test(sdp ?? '');

const OPPOSITE = { sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' };
const SETUP = /^a=setup:(\w+)/m;

/** What its author is, or wants to be, in DTLS: `active`, `passive` or `actpass`. */
export const setupOf = (sdp) => SETUP.exec(sdp ?? '')?.[1];

/**
 * Our description again, as an offer or as the answer to `offer`: the same media in the same place, for a far end
 * that asks while nobody is there who could make another.
 *
 * @param {string} ours
 * @param {'offer' | 'answer'} type
 * @param {{ held: boolean, offer?: string, role?: string }} said `role`: ours in DTLS, which a call keeps
 */
export function described(ours, type, { held, offer, role = 'active' }) {
  const wanted = held ? 'sendonly' : 'sendrecv';
  const theirs = type === 'answer' ? audioDirection(offer) : 'sendrecv';
  // Held by both, nothing flows either way.
  const direction = theirs === 'sendrecv' ? wanted : held && theirs === 'sendonly' ? 'inactive' : OPPOSITE[theirs];
  return ours
    .replace(/^(o=\S+ \S+ )(\d+)/m, (_, start, version) => start + (BigInt(version) + 1n))
    .replace(/^a=(sendrecv|sendonly|recvonly|inactive)\b/m, `a=${direction}`)
    .replace(SETUP, `a=setup:${type === 'offer' ? 'actpass' : role}`);
}
