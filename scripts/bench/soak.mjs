// ./build.sh bench soak: thousands of calls on one page, and what of them stays.
//
//     [--calls 10000] [--media-calls 500]
//
// Fast ones with a softphone that makes no sound, then such with a real WebRTC connection each; and a tenth of the fast ones with a
// worker in plain JavaScript, as BX24.js itself keeps something of each command. Every other call is hung up by the customer.
// Prints JSON: `slopes` by which things grow with each thousand calls, without the first fifth of them; `low`
// and `high` bound each with a certainty of 95 %, and `zero` says whether nothing lies within.

import { launchChromium } from '../../tests/support/browser.mjs';
import { newContext } from './bare-page.mjs';
import { Calls } from './calls.mjs';
import { startCandidates } from './candidates.mjs';
import { Meter } from './meter.mjs';
import { Network } from './network.mjs';
import { options } from './options.mjs';
import { Progress } from './progress.mjs';
import { rounded, slope } from './statistics.mjs';

/** How often is looked. */
const LOOKS = 50;

const { calls, 'media-calls': mediaCalls } = options('soak', { calls: 10_000, 'media-calls': 500 });
const result = { calls: { fast: calls, media: mediaCalls, plain_js: Math.round(calls / 10) }, slopes: {}, first: {}, last: {} };
for (const [name, count] of Object.entries(result.calls)) if (count) await soak(name, count);
const pageHeap = (name) => result.slopes[name]?.page_heap_kb?.per_1000_calls ?? null;
result.page_heap_over_plain_js_kb = pageHeap('fast') === null || pageHeap('plain_js') === null ? null : rounded(pageHeap('fast') - pageHeap('plain_js'));
console.log(JSON.stringify(result, null, 2));

async function soak(name, count) {
  const progress = new Progress('soak', LOOKS);
  const network = new Network();
  const { candidates: [candidate], stop } = await startCandidates(network, [name === 'plain_js' ? 'phone_by_hand' : 'ours'], { quiet: name === 'fast' });
  const { browser, close } = await launchChromium();
  try {
    const phone = await Calls.openOn(candidate, await newContext(browser));
    const meter = await Meter.on(browser, phone.frame);
    const readings = [];
    for (let look = 0, done = 0; look < LOOKS; look++) {
      progress.step(`${name}: ${done} of ${count} calls`);
      for (; done < Math.round((count * (look + 1)) / LOOKS); done++) await oneCall(phone, done);
      readings.push({ calls: done, ...(await meter.read()) });
    }
    result.first[name] = told(readings[0]);
    result.last[name] = told(readings.at(-1));
    result.slopes[name] = slopes(readings.slice(LOOKS / 5));
  } finally {
    await close();
    await stop();
    await network.close();
  }
}

async function oneCall(phone, nth) {
  await phone.ring();
  await phone.answer();
  if (nth % 2) await phone.hangUp();
  else await phone.customerHangsUp();
}

function slopes(readings) {
  return Object.fromEntries(Object.keys(readings[0]).filter((name) => name !== 'calls').map((name) => {
    const found = slope(readings.map((it) => ({ x: it.calls / 1000, y: it[name] })));
    if (!found) return [name, null]; // too few calls to tell
    const { slope: per1000, low, high } = found;
    return [name, { per_1000_calls: rounded(per1000), low: rounded(low), high: rounded(high), zero: low <= 0 && high >= 0 }];
  }));
}

function told(reading) {
  return Object.fromEntries(Object.entries(reading).map(([name, value]) => [name, rounded(value)]));
}
