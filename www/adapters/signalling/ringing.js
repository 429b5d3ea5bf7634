/**
 * What is heard of calls that are not answered yet: theirs that ring here, ours that ring there.
 *
 * @param {import('./call.js').Call[]} calls
 * @param {{ ringtone: boolean | string, ringback: boolean }} options
 * @returns {{ name: 'ringing' | 'waiting' | 'ringback', address?: string } | undefined} see `www/media/sounds.js`; nothing for silence
 */
export function soundOf(calls, { ringtone, ringback }) {
  const rings = ringtone !== false && calls.some((call) => call.leg?.incoming && !call.up && !call.answering);
  const away = ringback && calls.some((call) => call.rings && !call.early && !call.up);
  const name = rings ? (calls.some(({ up }) => up) ? 'waiting' : 'ringing') : away ? 'ringback' : undefined;
  return name && { name, ...(name === 'ringing' && typeof ringtone === 'string' && { address: ringtone }) };
}
