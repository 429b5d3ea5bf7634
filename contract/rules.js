// What holds for whatever a softphone tells, in every story (`softphone.d.ts`).

import { expect, same } from './expect.js';

const text = (value) => typeof value === 'string';
const name = (value) => text(value) && value !== '';
const flag = (value) => typeof value === 'boolean';
const among = (...values) => (value) => values.includes(value);
const maybe = (is) => (value) => value === undefined || is(value);
const status = (value) => Number.isInteger(value) && value >= 300 && value < 700;
/** A code that stays, and not the number that a DOMException has for one. */
export const word = (value) => text(value) && /^[A-Z][A-Z0-9_]*$/.test(value);

/** What comes out of JSON as it went in. */
export function isJson(value) {
  if (Array.isArray(value)) return value.every(isJson);
  if (Object.prototype.toString.call(value) === '[object Object]') return Object.values(value).every(isJson);
  return value === undefined || value === null || text(value) || flag(value) || Number.isFinite(value);
}

const EVENTS = {
  registered: {},
  unregistered: { text: maybe(text) },
  incoming: { callId: name, number: text, displayName: maybe(text), line: maybe(text), transferredBy: maybe(text), externalId: maybe(text) },
  progress: { callId: name, earlyMedia: maybe(flag) },
  connected: { callId: name, externalId: maybe(text), tones: maybe(text) },
  muted: { callId: name, muted: flag },
  held: { callId: name, held: flag, by: among('local', 'remote') },
  transferred: { callId: name, number: text, displayName: maybe(text) },
  identity: { callId: name, number: text, displayName: maybe(text) },
  record: { callId: name, cost: maybe(text), costCurrency: maybe(text), recordUrl: maybe(text) },
  media: { callId: name, flowing: flag },
  ended: { callId: name, cause: (value) => typeof value === 'object' && value !== null },
};
const CAUSE = { by: among('local', 'remote', 'error'), status: maybe(status), code: maybe(word), text: maybe(text) };

/** @param {object[]} events oldest first */
export function wellFormed(events) {
  for (const event of events) {
    const fields = EVENTS[event?.type];
    expect(fields, `it tells "${event?.type}", which is no event of a softphone`);
    fits(event, fields, `"${event.type}"`);
    if (event.type === 'ended') fits(event.cause, CAUSE, 'the cause of "ended"');
  }
}

function fits(value, fields, what) {
  for (const [field, is] of Object.entries(fields)) {
    expect(is(value[field]), `${what} has ${JSON.stringify(value[field])} for \`${field}\`: ${JSON.stringify(value)}`);
  }
}

/**
 * Each call has ended, once, and nothing was told of it afterwards.
 *
 * @param {object[]} events oldest first
 * @param {{ dialled: Set<string>, left: Set<string> }} calls those that the worker has made; those that another page may take up
 */
export function everyCallEnded(events, { dialled, left }) {
  for (const call of new Set(events.filter(({ callId }) => callId).map(({ callId }) => callId))) {
    const own = events.filter(({ callId }) => callId === call);
    const count = (wanted) => own.filter(({ type }) => type === wanted).length;
    same(count('incoming'), dialled.has(call) ? 0 : 1, `how often "incoming" is told of the ${dialled.has(call) ? 'dialled ' : ''}call ${call}`);
    expect(dialled.has(call) || own[0].type === 'incoming', `"${own[0].type}" is told of ${call} before "incoming"`);
    expect(count('connected') <= 1, `"connected" is told ${count('connected')} times of ${call}`);
    if (left.has(call) && count('ended') === 0) continue;
    same(count('ended'), 1, `how often "ended" is told of ${call}`);
    expect(own.at(-1).type === 'ended', `"${own.at(-1).type}" is told of ${call} after its end`);
    const { status } = own.at(-1).cause;
    if (count('connected')) same(status, undefined, 'the status of a call that was answered');
  }
}
