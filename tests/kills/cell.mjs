// One call in which something dies: what it was doing, what died, and what was there then. Whatever it was, the call
// goes on or ends honestly, it is recorded once, and the next one rings.

import assert from 'node:assert/strict';

import { EVENTS } from '../support/portal.mjs';
import { seatOf } from '../support/tabs.mjs';
import { until } from '../support/until.mjs';
import { Gauge } from './gauge.mjs';

const PATH = '/crm/contact/details/5/';
const ANOTHER_PATH = '/crm/deal/details/7/';
/** How exact a duration is that was known from the journal alone. */
const EXACT_S = 5;

/** What the call is doing. Each goes on from the one it names. */
const stages = {
  ringing: async (it) => {
    it.call = await it.network.rings();
    await Promise.all(it.operator.tabs.map((tab) => tab.card('incoming')));
  },
  connecting: async (it) => {
    await stages.ringing(it);
    await it.victim.press('answer');
  },
  talking: async (it) => {
    await stages.connecting(it);
    await it.victim.card('connected');
    await it.network.connected(it.call);
    it.began = Date.now();
    await Promise.all([it.victim.sound({ speaks: true, hears: true }), it.network.hears(it.call)]);
  },
  held: async (it) => {
    await stages.talking(it);
    await it.victim.press('hold');
    await it.network.held(it.call);
    await it.victim.pressed('hold');
  },
  consulting: async (it) => {
    await stages.talking(it);
    await it.victim.press('transfer');
    await it.victim.api('POST', `/sim/pages/${it.victim.id}/click`, { button: 'transfer', value: it.network.colleague });
    await it.network.colleagueAnswers();
    await until(async () => (await callIn(it.victim))?.transfer === 'talking', { what: 'the colleague to be talked to' });
  },
  finishing: async (it) => {
    await stages.talking(it);
    await it.victim.press('hangup');
  },
};

/** What dies, and in which tab the operator is afterwards. */
const deaths = {
  closed: async ({ victim, other, operator }) => {
    await victim.close();
    return other ?? operator.tab(PATH);
  },
  crashed: async ({ victim, other }) => {
    await victim.crash();
    return other ?? victim.comeBackTo();
  },
  reloaded: async ({ victim, other }) => {
    await victim.reload();
    return other ?? victim;
  },
  navigated: async ({ victim, other }) => {
    await victim.visit(ANOTHER_PATH);
    return other ?? victim;
  },
  frozen: async ({ victim, other, operator }) => {
    const front = other ?? { front: async () => (await operator.context.newPage()).bringToFront() };
    await front.front();
    await victim.freeze();
    if (other) return other;
    await victim.thaw();
    await victim.front();
    return victim;
  },
  // All hidden frames of the handler, in all tabs, and its SharedWorker with them.
  'frames crashed': async ({ victim, other, operator }) => {
    await operator.crashFrames();
    const tab = other ?? victim;
    await tab.reload();
    return tab;
  },
  'hub killed': async ({ victim, other, operator }) => {
    await operator.endSharedWorkers();
    return other ?? victim;
  },
  'browser killed': async ({ operator }) => {
    await operator.kill();
    await operator.restart();
    return operator.tab(PATH);
  },
  'SIP server restarted': async ({ victim, network }) => {
    await network.restartServer();
    return victim;
  },
};

export const STAGES = Object.keys(stages);
export const PAGE_DEATHS = ['closed', 'crashed', 'reloaded', 'navigated', 'frozen'];
export const OTHER_DEATHS = ['frames crashed', 'hub killed', 'browser killed', 'SIP server restarted'];

/** Calls that must go on: of the others it is enough that they end honestly. */
function mustGoOn({ network, death, stage }) {
  if (stage === 'finishing' || death === 'browser killed') return false;
  if (['talking', 'held', 'consulting'].includes(stage)) return true;
  return stage === 'ringing' && ringsOn({ network, death });
}

/**
 * Tells one call.
 *
 * @returns {Promise<{ silence?: number, ended?: string }>} for how long they did not hear each other though they should have,
 *   in ms; or why the call has ended
 */
export async function tell({ network, operator, death, stage, another }) {
  const it = { network, operator, death, stage };
  const known = (await network.stack.simulator.api('GET', '/sim/calls')).length;
  it.record = async () => (await network.stack.simulator.api('GET', '/sim/calls'))[known];
  it.victim = await opened(it, PATH);
  it.other = another ? await opened(it, ANOTHER_PATH) : undefined;
  assert.ok(await it.victim.ask(() => globalThis.b24worker.worker.hasSeat), 'the first tab has the seat');
  await it.victim.front();
  await stages[stage](it);

  const gauge = new Gauge(operator);
  try {
    await network.heeds?.();
    it.died = Date.now();
    const tab = await deaths[death](it);
    const told = await afterwards(it, tab, gauge);
    await recordedOnce(it);
    await theNextCallRings(it, tab, known + 1);
    return told;
  } finally {
    await gauge.stop();
  }
}

async function opened({ operator, network }, path) {
  const tab = await operator.tab(path);
  await ready(tab, network);
  return tab;
}

/** The worker listens to the card, and calls can come. */
async function ready(tab, network) {
  await until(async () => (await tab.binds()).length >= EVENTS.length, { what: 'the worker to bind the events of the card' });
  await until(() => tab.ask(() => globalThis.b24worker?.registered === true), { what: 'the worker to be registered' });
  await until(() => network.registered(), { what: 'the softphone to be registered' });
}

const callIn = (tab) => tab.ask(() => globalThis.b24worker?.worker?.call ?? null);

/** What became of the call, as the operator sees it in this tab; ends it if it goes on. */
async function afterwards(it, tab, gauge) {
  const fate = await until(async () => {
    if ((await it.record())?.finish) return { ended: true };
    const call = await callIn(tab);
    const rings = call?.state === 'ringing' && ringsOn(it);
    if (rings || (call?.state === 'connected' && !call.mediaLost)) return call;
    throw new Error(`the call is ${call ? `${call.state}${call.mediaLost ? ', without sound' : ''}` : 'gone'}`);
  }, { what: 'the call to go on, or to be recorded' });
  if (fate.ended) return ends(it, tab);
  await tab.front();
  // What the tab shows may be the last word of a hub that is dead.
  if (it.stage === 'finishing') return recorded(it).then(() => ends(it, tab));
  const from = await hearAgain(it, tab, fate);
  const heard = async () => Promise.all([(await seatOf(it.operator.tabs)).sound({ speaks: true, hears: true }), it.network.hears(it.call)]);
  if ((await Promise.race([heard(), recorded(it)])).finish) return ends(it, tab);
  await tab.card('connected');
  const silence = await silenceSince(it, gauge, from);
  await tab.press('hangup');
  it.over = Date.now();
  await it.network.ended(it.call);
  await tab.card(null);
  return { silence };
}

/** What rings, rings on: that is signalling, which outlives pages only in a hub. */
const ringsOn = ({ network, death }) => network.inHub && PAGE_DEATHS.includes(death);

async function ends(it, tab) {
  if (mustGoOn(it)) throw new Error(`the call has ended (${(await reason(tab)) ?? 'no reason'})`);
  it.over = it.died;
  return { ended: it.stage === 'finishing' ? 'as asked' : 'honestly' };
}

const recorded = (it) => until(async () => {
  const record = await it.record();
  return record?.finish && record;
}, { what: 'the call to be recorded' });

const reason = (tab) => tab.ask(() => globalThis.b24worker.errors.at(-1)?.message ?? null);

/** The operator does what lets them hear each other; since when they should. */
async function hearAgain(it, tab, call) {
  if (call.state === 'ringing') {
    await tab.card('incoming');
    await it.network.heeds?.();
    const from = Date.now();
    await tab.press('answer');
    await it.network.connected(it.call);
    it.began = Date.now();
    return from;
  }
  // Who is answered in the moment of the death is connected at some moment after it.
  if (it.began === undefined) Object.assign(it, { began: it.died, beganBy: Date.now() });
  const button = call.transfer ? 'cancelTransfer' : call.held ? 'hold' : undefined;
  if (!button) return it.died;
  if (button === 'hold') await tab.pressed('hold');
  else await tab.card(call.transfer === 'failed' ? 'transferFailed' : 'transferring');
  await it.network.heeds?.();
  const from = Date.now();
  await tab.press(button);
  return from;
}

async function silenceSince(it, gauge, from) {
  const goesOn = from === it.died;
  const operator = goesOn ? gauge.longestSince(from) : gauge.firstSince(from);
  const { silence, began } = (await it.network.gauged?.()) ?? {};
  const customer = goesOn ? silence : began && began - from;
  return Math.round(Math.max(operator ?? 0, customer ?? 0));
}

/** Once, with the right status, and right to five seconds. */
async function recordedOnce(it) {
  const record = await recorded(it);
  assert.equal(record.finishes, 1, 'recorded once');
  const { CALL_DURATION: duration, CALL_FAILED_CODE: code } = record.finish;
  if (it.began === undefined) {
    // Missed, refused, or answered and broken before anybody was heard.
    assert.ok(['304', '603', 'OTHER'].includes(String(code)), `the status of a call that was not heard is ${code}`);
    return;
  }
  assert.equal(String(code), '200', 'the status of a call that was answered');
  const [least, most] = [it.beganBy ?? it.began, it.began].map((began) => (it.over - began) / 1000);
  const right = duration >= least - EXACT_S && duration <= most + EXACT_S;
  assert.ok(right, `a call of ${least.toFixed(1)} to ${most.toFixed(1)} s is recorded as one of ${duration} s`);
}

async function theNextCallRings(it, tab, known) {
  await it.network.clear();
  await tab.card(null);
  await ready(tab, it.network);
  await tab.front();
  const next = await it.network.rings();
  await tab.card('incoming');
  await tab.press('skip');
  await it.network.ended(next);
  await until(async () => {
    const calls = await it.network.stack.simulator.api('GET', '/sim/calls');
    assert.ok(calls.length <= known + 1, 'each call is registered once');
    return calls[known]?.finish;
  }, { what: 'the next call to be recorded' });
}
