/** The direction of the audio as its author means it. */
export function audioDirection(sdp: string): 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** Whether its author takes DTMF as RTP events (RFC 4733), and by the codec's own clock, as it should be. */
export function takesTelephoneEvents(sdp: string | undefined, how?: { atAnyRate?: boolean }): boolean;

/** Without RTP events of another clock than the codec's, where there are some of its own. */
export function withOwnEvents(sdp: string): string;

/** Whether it says where its author can be reached. */
export function hasCandidates(sdp: string | undefined): boolean;

/**
 * A description in the middle of a call, put so that a browser can take it: what the far end left out, or may not change,
 * is as it was. `before`: what the two sides agreed on, and what this answers.
 */
export function continued(type: 'offer' | 'answer', sdp: string, before: { remote?: string; local?: string; offered?: string }): string;

/** What its author is, or wants to be, in DTLS: `active`, `passive` or `actpass`. */
export function setupOf(sdp: string | undefined): string | undefined;

/** Our description again, as an offer or as the answer to `offer`. `role`: ours in DTLS, which a call keeps. */
export function described(ours: string, type: 'offer' | 'answer', said: { held: boolean; offer?: string; role?: string }): string;
