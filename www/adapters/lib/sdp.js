// The few questions we ask of a session description.

/** The direction of the audio as its author means it. */
export function audioDirection(sdp) {
  const [session, ...media] = sdp.split(/^m=/m);
  const audio = media.find((section) => section.startsWith('audio')) ?? '';
  const direction = (text) => /^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m.exec(text)?.[1];
  // As phones held before there were directions (RFC 2543). WebRTC says it of every call, with port 9.
  const nowhere = /^c=IN IP4 0\.0\.0\.0\s*$/m.test(/^c=/m.test(audio) ? audio : session) && !/^audio [09] /.test(audio);
  if (nowhere && !hasCandidates(audio)) return 'sendonly';
  return direction(audio) ?? direction(session) ?? 'sendrecv';
}

/** The clock rates of payloads that need no rtpmap (RFC 3551). */
const STATIC_RATES = { 0: 8000, 8: 8000, 9: 8000 };

/** Of the audio: the codec it is spoken in, and the payloads of RTP events (RFC 4733) with their clock rates. */
function audioPayloads(sdp) {
  const audio = /^m=audio \d+ \S+ (.*)$/m.exec(sdp ?? '');
  const maps = new Map([...(sdp ?? '').matchAll(/^a=rtpmap:(\d+) ([^/\s]+)\/(\d+)/gm)].map(([, payload, name, rate]) => [payload, { name: name.toLowerCase(), rate: Number(rate) }]));
  const all = audio?.[1].trim().split(' ') ?? [];
  const isEvents = (payload) => maps.get(payload)?.name === 'telephone-event';
  const codec = all.find((payload) => !isEvents(payload) && !['cn', 'red'].includes(maps.get(payload)?.name));
  return { rate: maps.get(codec)?.rate ?? STATIC_RATES[codec], events: all.filter(isEvents).map((payload) => ({ payload, rate: maps.get(payload).rate })) };
}

/** Whether its author takes DTMF as RTP events (RFC 4733), and by the codec's own clock, as it should be. */
export function takesTelephoneEvents(sdp, { atAnyRate = false } = {}) {
  const { rate, events } = audioPayloads(sdp);
  return events.some((event) => atAnyRate || event.rate === rate);
}

/**
 * Without RTP events of another clock than the codec's, where there are some of its own: Chromium would send those of
 * 8000 Hz beside Opus, which has 48,000, and not every PBX makes keys of them.
 */
export function withOwnEvents(sdp) {
  const { rate, events } = audioPayloads(sdp);
  if (!events.some((event) => event.rate === rate)) return sdp;
  return events.filter((event) => event.rate !== rate).reduce(
    (text, { payload }) => text.replace(new RegExp(`^a=(rtpmap|fmtp|rtcp-fb):${payload} .*\\r?\\n`, 'gm'), '').replace(new RegExp(`^(m=audio .*) ${payload}\\b`, 'm'), '$1'),
    sdp,
  );
}

/** Whether it says where its author can be reached. */
export const hasCandidates = (sdp) => /^a=candidate:/m.test(sdp ?? '');

/**
 * A description in the middle of a call, put so that a browser can take it. Some PBXs answer a hold with another DTLS
 * role, without ICE, or with other media lines; what they left out, or may not change, is as it was.
 *
 * @param {'offer' | 'answer'} type
 * @param {string} sdp theirs
 * @param {{ remote?: string, local?: string, offered?: string }} before what the two sides agreed on; what this answers
 */
export function continued(type, sdp, { remote, local, offered }) {
  if (!remote || !local) return sdp;
  const eol = '\r\n';
  const split = (text) => {
    const [session, ...media] = text.replace(/\r?\n/g, eol).split(/^(?=m=)/m);
    return { session, audio: media.find((it) => it.startsWith('m=audio')), count: media.length };
  };
  const [now, then, ours] = [split(sdp), split(remote), split(local)];
  if (!now.audio || !then.audio || !ours.audio) return sdp;
  const has = (key) => new RegExp(`^a=${key}:`, 'm').test(now.audio) || new RegExp(`^a=${key}:`, 'm').test(now.session);
  const line = (key, { session, audio }) => new RegExp(`^a=${key}:.*$`, 'm').exec(audio)?.[0] ?? new RegExp(`^a=${key}:.*$`, 'm').exec(session)?.[0];
  let { session, audio } = now;
  const add = (text) => text && (audio = audio.trimEnd() + eol + text + eol);
  if (!has('ice-ufrag')) {
    for (const key of ['ice-ufrag', 'ice-pwd', 'ice-options']) add(line(key, then));
    for (const candidate of then.audio.match(/^a=candidate:.*$/gm) ?? []) add(candidate);
  }
  const sameKeys = !has('fingerprint') || line('fingerprint', now)?.toLowerCase() === line('fingerprint', then)?.toLowerCase();
  if (!has('fingerprint')) {
    add(line('fingerprint', then));
    audio = audio.replace(/^(m=audio \d+) RTP\/S?AVPF?/, '$1 UDP/TLS/RTP/SAVPF');
  }
  // Who begins DTLS was settled with the first description; new keys would begin it anew.
  if (sameKeys) {
    const setup = type === 'offer' ? 'a=setup:actpass' : `a=setup:${roleOf(then, ours)}`;
    session = session.replace(/^a=setup:.*\r\n/m, '');
    audio = audio.replace(/^a=setup:.*\r\n/m, '');
    add(setup);
  }
  if (!/^a=rtcp-mux\s*$/m.test(audio)) add('a=rtcp-mux');
  // Who is told that we only send can't send too, whatever it says.
  const asked = type === 'answer' && offered ? audioDirection(offered) : 'sendrecv';
  const said = audioDirection(sdp);
  const may = { sendonly: ['recvonly', 'inactive'], recvonly: ['sendonly', 'inactive'], inactive: ['inactive'] }[asked];
  if (may && !may.includes(said)) {
    session = session.replace(/^a=(sendrecv|sendonly|recvonly|inactive)\s*\r\n/m, '');
    audio = audio.replace(/^a=(sendrecv|sendonly|recvonly|inactive)\s*\r\n/m, '');
    add(`a=${may[0]}`);
  }
  // One line for the audio was offered, and one is to be answered.
  const mid = line('mid', ours);
  session = session.replace(/^a=group:.*\r\n/m, '') + (mid && /^a=group:BUNDLE/m.test(ours.session) ? `a=group:BUNDLE ${mid.slice(6)}${eol}` : '');
  if (mid) audio = audio.replace(/^a=mid:.*\r\n/m, '').trimEnd() + eol + mid + eol;
  return session + audio;
}

/** The DTLS role of the other side: what it said, or the opposite of what we answered to its offer. */
function roleOf(then, ours) {
  const of = ({ audio, session }) => (/^a=setup:(\S+)/m.exec(audio) ?? /^a=setup:(\S+)/m.exec(session))?.[1];
  const said = of(then);
  if (said === 'active' || said === 'passive') return said;
  return of(ours) === 'active' ? 'passive' : 'active';
}

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
