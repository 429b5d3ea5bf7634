// Why a call ended, as far as the network says more than a SIP status: Reason headers (RFC 3326) with the
// causes of telephone exchanges (ITU-T Q.850), and the words of a caller that rang several phones at once.

import { parts } from './message.js';

/** @returns {{ protocol: string, cause?: number, text?: string }[]} */
export function reasons(message) {
  return message.all('reason').flatMap((value) => parts(value)).map((value) => {
    const [protocol, ...parameters] = parts(value, ';');
    const parameter = (name) => parameters.map((it) => /^([^\s=]+)\s*=\s*(.*)$/.exec(it)).find((it) => it?.[1].toLowerCase() === name)?.[2];
    const cause = Number(parameter('cause'));
    const text = parameter('text')?.replace(/^"|"$/g, '').replace(/\\(.)/g, '$1');
    return { protocol: protocol.toUpperCase(), ...(Number.isInteger(cause) && { cause }), ...(text && { text }) };
  });
}

/**
 * Which status a Q.850 cause is. A PBX between the two ends makes its own status of what it was told, and
 * often another: a decline becomes 403, a phone that rang in vain 603. The cause beside it is what happened.
 */
const Q850 = new Map(Object.entries({
  1: 404, 2: 404, 3: 404, 17: 486, 18: 408, 19: 480, 20: 480, 21: 603, 22: 410, 23: 410, 26: 487, 27: 480, 28: 484,
  34: 503, 38: 503, 41: 503, 42: 503, 44: 503, 47: 503,
}).map(([cause, status]) => [Number(cause), status]));

/** Somebody else has answered: the call was not missed. */
export function answeredElsewhere(given) {
  return given.some(({ protocol, cause, text }) => (protocol === 'SIP' && (cause === 200 || /completed elsewhere/i.test(text ?? ''))) || (protocol === 'Q.850' && cause === 26));
}

/**
 * What a library tells of a call's end, and what the reasons add.
 *
 * @param {import('../../softphone.js').EndCause} cause
 * @param {ReturnType<typeof reasons>} given
 * @param {{ incoming: boolean, answered: boolean }} call
 */
export function explained(cause, given, { incoming, answered }) {
  if (cause.by !== 'remote' || given.length === 0) return cause;
  if (answered) return cause;
  if (incoming) return answeredElsewhere(given) ? { ...cause, code: 'ANSWERED_ELSEWHERE', text: 'somebody else has answered the call' } : cause;
  const exchange = given.find(({ protocol }) => protocol === 'Q.850');
  return { ...cause, status: Q850.get(exchange?.cause) ?? cause.status };
}
