// The portal's load clock, and what comes late.

import assert from 'node:assert/strict';
import { CUSTOMER, EVENTS } from '../support/portal.mjs';
import { story } from '../support/story.mjs';
import { until } from '../support/until.mjs';

const NEVER = 3_600_000;

story('BX24.js and every file of the handler come only after the load clock has stopped: it waits for none, and the call rings', {
  faults: { bx24DelayMs: NEVER },
  holdAssets: true,
  opened: async (portal) => {
    await portal.loaded();
    await portal.releaseAssets();
    await portal.api('PUT', '/sim/faults', { bx24DelayMs: 0 });
  },
}, callRings);

story('the operator clicks a number before the worker has any of its files: the ear keeps it, and it is dialled when they are there', {
  holdAssets: true,
  opened: async (portal) => {
    await until(async () => (await portal.binds()).length === EVENTS.length, { what: 'the ear to bind the card\'s events' });
    await portal.clickNumber(CUSTOMER.number);
    await portal.api('GET', `/sim/wait?page=${portal.id}&kind=out&contains=CALL_ID`);
    await portal.releaseAssets();
  },
}, async (portal) => {
  await portal.network('ringing');
  await portal.customer('answer');
  await portal.card('connected');
  await portal.press('hangup');
  await portal.recorded();
});

story('the portal publishes its interface late: the worker binds then, and misses no call', {
  faults: { interfaceNever: true },
  opened: async (portal) => {
    await portal.loaded();
    // It asks, and asks again.
    await portal.api('GET', `/sim/wait?page=${portal.id}&kind=in&name=getInterface`);
    assert.deepEqual(await portal.binds(), []);
    await portal.api('PUT', '/sim/faults', { interfaceNever: false, interfaceDelayMs: 0 });
  },
}, callRings);

story('the CRM part of the card comes late, just when the call is connected', {
  faults: { crmCardDelayMs: 3000 },
}, callRings);

story('every REST answer comes late', { faults: { restDelayMs: 1200 } }, callRings);

async function callRings(portal) {
  await portal.ring();
  await portal.card('incoming');
  await portal.press('answer');
  await portal.card('connected');
  await portal.sound({ speaks: true, hears: true });
  await portal.press('hangup');
  await portal.recorded();
}

story('on a Spanish portal the card speaks Spanish, but for what the integrator words anew', {
  faults: { language: 'la' },
  host: { args: ['--worker-options', JSON.stringify({ statusTexts: { connected: 'Hablando' } })] },
}, async (portal) => {
  const says = (text) => until(async () => (await portal.api('GET', `/sim/pages/${portal.id}`)).card?.statusText === text, { what: `the card to say ${text}` });
  await portal.ring();
  await portal.card('incoming');
  await says('Llamada entrante');
  await portal.press('answer');
  await says('Hablando');
  await portal.press('hangup');
  await portal.recorded(1);
});
