// When a page listens, by the simulator's log.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { lastBind } from '../../scripts/bench/loaded-page.mjs';
import { EVENTS } from '../support/portal.mjs';

const bind = (event, at) => ({ kind: 'in', name: 'placementBindEvent', text: `${event} ← placementBindEvent:{}`, at });
const answer = (event, at) => ({ kind: 'out', name: event, text: '', at });
const all = (from) => EVENTS.flatMap((event, nth) => [bind(event, from + nth), answer(event, from + nth)]);

test('a page listens with the last of the seventeen, however often it binds', () => {
  assert.equal(lastBind(all(1000)), 1016);
  assert.equal(lastBind([...all(1000), ...all(2000)]), 1016);
});

test('a page that has not bound one of them does not listen', () => {
  assert.equal(lastBind(all(1000).slice(0, -2)), false);
  assert.equal(lastBind([]), false);
});

test('a bind that comes before the interface is none', () => {
  const early = [bind(EVENTS[3], 10), { kind: 'note', name: 'dropped', text: `no event ${EVENTS[3]} here (yet)`, at: 10 }];
  const others = all(1000).filter(({ text }) => !text.startsWith(EVENTS[3]));
  assert.equal(lastBind([...early, ...others]), false);
  assert.equal(lastBind([...early, ...all(1000)]), 1016);
});
