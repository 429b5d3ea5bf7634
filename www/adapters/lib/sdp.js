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
