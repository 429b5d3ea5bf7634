// The portal's load clock, and what comes late.

import assert from 'node:assert/strict';
import { Portal } from '../support/portal.mjs';
import { story } from '../support/story.mjs';

/** What the page may cost on the portal's clock, whatever else is slow. */
const BUDGET_MS = 300;

const SLOW = { worker_bg: 6000 };

story('BX24.js and the module each come six seconds late: the load clock does not notice, and the call rings', {
  faults: { bx24DelayMs: 6000 },
  slowAssets: SLOW,
  readyMs: 30_000,
}, async (portal) => {
  await loadsWithinBudget(portal, SLOW);
  assert.equal((await portal.api('GET', '/sim/state')).strikes, 0);
  await callRings(portal);
});

story('the portal publishes its interface late: the worker binds then, and misses no call', {
  faults: { interfaceDelayMs: 4000 },
}, async (portal) => {
  await loadsWithinBudget(portal);
  await callRings(portal);
});

story('the CRM part of the card comes late, just when the call is connected', {
  faults: { crmCardDelayMs: 3000 },
}, async (portal) => {
  await callRings(portal);
});

story('every REST answer comes late', { faults: { restDelayMs: 1200 } }, async (portal) => {
  await callRings(portal);
});

// The least of up to three loads: a busy machine only ever adds to the page's own time, and by
// more than the budget when it is starting a browser besides.
async function loadsWithinBudget(portal, slowAssets) {
  const took = [await portal.loadMs()];
  while (Math.min(...took) >= BUDGET_MS && took.length < 3) {
    const again = await Portal.open(portal.context.browser(), portal.stack, { slowAssets });
    took.push(await again.loadMs());
    await again.close();
  }
  assert.ok(Math.min(...took) < BUDGET_MS, `frame created → load took ${took.join(', ')} ms`);
}

async function callRings(portal) {
  await portal.ring();
  await portal.card('incoming');
  await portal.press('answer');
  await portal.card('connected');
  await portal.sound({ speaks: true, hears: true });
  await portal.press('hangup');
  await portal.recorded();
}
