// ./build.sh bench load: for how long a page keeps the portal's load clock going, and when it listens to the card.
//
//     [--rounds 5] [--profile unthrottled,fast_4g,slow_3g] [--only NAMES] [--loads 0]
//
// Candidates in turn, in one browser, behind a network of the bench's own: cold in a context that is new, warm on the page after
// that, ours also with its host stopped, and cold with wasm, hub and BX24.js six seconds late. Times are the simulator's own record.
// --loads: so many loads more of ours, on each network, for strikes. Prints JSON; ratios are of medians, cold where not said;
// strikes are those of ours, with the host stopped and with everything late, too.

import { launchChromium } from '../../tests/support/browser.mjs';
import { until } from '../../tests/support/until.mjs';
import { newContext } from './bare-page.mjs';
import { LoadedPage } from './loaded-page.mjs';
import { NAMES, OUR_NAMES, startCandidates } from './candidates.mjs';
import { bytesOf, memoryOf } from './load-once.mjs';
import { Network, NETWORKS } from './network.mjs';
import { options } from './options.mjs';
import { Progress } from './progress.mjs';
import { median, ratio, rounded } from './statistics.mjs';

const LATE_MS = 6000;
/** What is late: whatever a page does not need for its `load`. */
const LATE = /\.wasm|\/hub|\/api\/v1/;
/** Who asks for nothing for so long, beside a round trip, has all there is. */
const QUIET_MS = 1500;
/** With the host down, for how long it may take until ours listens, and until a call rings. */
const DOWN_MS = 10_000;

const { rounds, profile: profiles, only, loads } = options('load', { rounds: 5, profile: Object.keys(NETWORKS), only: NAMES, loads: 0 });
const ours = only.filter((name) => OUR_NAMES.includes(name));
const progress = new Progress('load', 1 + only.length * (1 + rounds * profiles.length) + ours.length * profiles.length * (rounds + (loads > 0)));
const network = new Network();
const { candidates, stop } = await startCandidates(network, only);
const { browser, close } = await launchChromium();
try {
  const bytes = {};
  for (const candidate of candidates) {
    progress.step(`${candidate.name}: whether a ring reaches it, and what it loads`);
    bytes[candidate.name] = await bytesOf(browser, candidate);
  }
  progress.step('memory');
  const memory = await memoryOf(candidates.filter(({ name }) => ['plain_js', ...ours].includes(name)));
  const once = {
    bytes_vs_sdk: ratio(bytes.ours?.all, bytes.sdk?.published),
    bytes_vs_sdk_bundled: ratio(bytes.ours?.all, bytes.sdk?.all),
    memory_vs_plain_js: ratio(memory.ours, memory.plain_js),
  };
  const result = { n: rounds, strikes: 0, bytes, memory_kb: memory, profiles: {} };
  for (const name of profiles) {
    const { strikes, loads: counted, ms, hostDown } = await measure(name);
    result.profiles[name] = { n: rounds, strikes, loads: counted, ratios: { ...ratios(ms), ...once }, ms, host_down: hostDown };
    result.strikes += strikes;
  }
  console.log(JSON.stringify(result, null, 2));
} finally {
  await close();
  await stop();
  await network.close();
}

/** All candidates on one network. */
async function measure(profile) {
  network.become(profile);
  const took = Object.fromEntries(only.map((name) => [name, {}]));
  const hostDown = Object.fromEntries(ours.map((name) => [name, { rang: 0, n: 0 }]));
  let strikes = 0;
  let counted = 0;
  const keep = ({ name, ours: its }, how, load) => {
    for (const [what, ms] of Object.entries(load)) ((took[name][how] ??= {})[what] ??= []).push(ms);
    if (its) [strikes, counted] = [strikes + load.strikes, counted + 1];
  };
  for (let round = 1; round <= rounds; round++) {
    for (const candidate of candidates) {
      progress.step(`${profile}, round ${round} of ${rounds}: ${candidate.name}`);
      const context = await newContext(browser);
      try {
        const page = await LoadedPage.openIn(context, candidate);
        keep(candidate, 'cold', await page.load());
        // An operator's next page comes when this one has long had all it loads.
        await until(() => candidate.app.quietMs > QUIET_MS + NETWORKS[profile].latencyMs, { what: `${candidate.name} to have loaded all` });
        await page.kept();
        keep(candidate, 'warm', await page.load());
        if (!candidate.ours) continue;
        await candidate.app.down();
        keep(candidate, 'host_down', await page.load(DOWN_MS));
        hostDown[candidate.name].n += 1;
        hostDown[candidate.name].rang += await page.rings(DOWN_MS);
      } finally {
        await context.close();
        if (candidate.ours) await candidate.app.up();
      }
    }
    for (const candidate of candidates.filter((it) => it.ours)) {
      progress.step(`${profile}, round ${round} of ${rounds}: ${candidate.name}, ${LATE_MS / 1000} s late`);
      network.late = (path) => (LATE.test(path) ? LATE_MS : 0);
      const context = await newContext(browser);
      try {
        keep(candidate, 'delayed', await (await LoadedPage.openIn(context, candidate)).load(0));
      } finally {
        await context.close();
        network.late = () => 0;
      }
    }
  }
  for (const candidate of loads ? candidates.filter((it) => it.ours) : []) {
    progress.step(`${profile}: ${loads} loads of ${candidate.name}`);
    const more = await manyLoads(candidate);
    [strikes, counted] = [strikes + more, counted + loads];
  }
  const ms = Object.fromEntries(Object.entries(took).map(([name, hows]) => [name, Object.fromEntries(
    Object.entries(hows).map(([how, { clock, listening }]) => [how, { clock: middle(clock), listening: middle(listening), n: clock.length }]),
  )]));
  return { ms, strikes, loads: counted, hostDown };
}

/** A page of the portal after the other, in one tab; gives the strikes. */
async function manyLoads(candidate) {
  const context = await newContext(browser);
  try {
    const page = await LoadedPage.openIn(context, candidate);
    let strikes = 0;
    for (let load = 1; load <= loads; load++) {
      strikes += (await page.load(0)).strikes;
      if (load % 100 === 0) progress.say(`${load} of ${loads} loads, ${strikes} strikes`);
    }
    return strikes;
  } finally {
    await context.close();
  }
}

/** The middle one, if more than half of them are there at all. */
function middle(all) {
  const seen = all.filter((it) => it !== null);
  return seen.length * 2 > all.length ? rounded(median(seen)) : null;
}

function ratios(ms) {
  const of = (name, how, what) => ms[name]?.[how]?.[what];
  const beside = (name, peer, how) => ratio(of(name, how, 'listening'), of(peer, how, 'listening'));
  return {
    clock_vs_empty: ratio(of('ours', 'cold', 'clock'), of('empty', 'cold', 'clock')),
    clock_delayed_vs_not: ratio(of('ours', 'delayed', 'clock'), of('ours', 'cold', 'clock')),
    clock_warm_vs_empty: ratio(of('ours', 'warm', 'clock'), of('empty', 'warm', 'clock')),
    clock_host_down_vs_empty: ratio(of('ours', 'host_down', 'clock'), of('empty', 'warm', 'clock')),
    listening_vs_plain_js: beside('ours', 'plain_js', 'cold'),
    listening_warm_vs_plain_js: beside('ours', 'plain_js', 'warm'),
    listening_vs_by_hand: beside('ours', 'by_hand', 'cold'),
    listening_vs_bx24_in_head: beside('ours', 'bx24_in_head', 'cold'),
    listening_vs_sdk: beside('ours', 'sdk', 'cold'),
    listening_warm_vs_sdk: beside('ours', 'sdk', 'warm'),
    ...(ours.includes('ours_direct') && {
      direct_vs_plain_js: beside('ours_direct', 'plain_js', 'cold'),
      direct_warm_vs_plain_js: beside('ours_direct', 'plain_js', 'warm'),
      direct_vs_by_hand: beside('ours_direct', 'by_hand', 'cold'),
      direct_vs_sdk: beside('ours_direct', 'sdk', 'cold'),
      direct_warm_vs_sdk: beside('ours_direct', 'sdk', 'warm'),
    }),
  };
}
