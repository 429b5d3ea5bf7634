// Cases 28-35: when the placement's commands and events exist, and how events are bound.

import assert from 'node:assert/strict';
import { test } from '../support/test.mjs';
import { bench, EVENTS } from './support.mjs';

const it = bench();

const COMMANDS = ['CallCardSetMute', 'CallCardSetHold', 'CallCardSetUiState', 'CallCardGetListUiStates', 'CallCardSetCardTitle',
  'CallCardSetStatusText', 'CallCardClose', 'CallCardStartTimer', 'CallCardStopTimer'];
const NEVER = 3_600_000;

test('case 28: before the call controller the interface is empty and commands are dropped', async () => {
  await it.faults({ interfaceDelayMs: NEVER });
  const portal = await it.open({ ready: false });
  assert.deepEqual(await portal.ask('getInterface'), { command: [], event: [] });
  assert.deepEqual(await portal.answered('CallCardGetListUiStates'), []);
});

test('case 29: after it there are nine commands and seventeen events in order, and no generic command', async () => {
  const portal = await it.open();
  assert.deepEqual(await portal.ask('getInterface'), { command: COMMANDS, event: EVENTS });
});

test('case 29: in the desktop client CallCardGetListUiStates comes first', async () => {
  await it.faults({ desktop: true });
  const portal = await it.open();
  const { command } = await portal.ask('getInterface');
  assert.equal(command[0], 'CallCardGetListUiStates');
  assert.deepEqual(command.toSorted(), COMMANDS.toSorted());
});

test('case 30: what is bound before the controller exists is lost for good', async () => {
  await it.faults({ interfaceDelayMs: NEVER });
  const portal = await it.open({ ready: false });
  await portal.bind('initialized');
  await it.faults({ interfaceDelayMs: 0 });
  await portal.become('interfaceReady', true);
  await portal.ring();
  assert.deepEqual(await portal.eventsNow(), []);
});

test('case 32: a misspelt event is bound to nothing, silently', async () => {
  const portal = await it.open();
  await portal.bind('initialised', 'initialized');
  await portal.ring();
  assert.deepEqual((await portal.eventsNow()).map(([name]) => name), ['initialized']);
});

test('case 33: two binds of one event are two deliveries with two ids', async () => {
  const portal = await it.open();
  await portal.bind('initialized', 'initialized');
  await portal.ring();
  const ids = await portal.frame.evaluate(() => Object.keys(window.test.bound).filter((id) => window.test.answers(id).length === 1));
  assert.equal(ids.length, 2);
});

test('case 35: a bind is not acknowledged', async () => {
  const portal = await it.open();
  await portal.bind();
  const answers = await portal.frame.evaluate(() => Object.keys(window.test.bound).flatMap((id) => window.test.answers(id)));
  assert.deepEqual(answers, []);
});

test('the log names what was bound', async () => {
  const portal = await it.open();
  await portal.bind();
  const binds = (await it.log()).filter(({ kind, name }) => kind === 'in' && name === 'placementBindEvent');
  assert.deepEqual(binds.map(({ text }) => text.split(' ')[0]), EVENTS);
});
