// ./build.sh bench tabs [--rounds 3]: what the second to the eleventh tab of an operator cost, and how far behind their cards are.
//
// Three handler pages in turn, each in a browser of its own: ours, one as it is written by hand (BX24.js, seventeen events,
// no more), and an empty one. A tab that follows costs what ten more of them add, divided by ten. Prints JSON: medians, and
// under `worst` the worst round of each ratio.

import { until } from '../../tests/support/until.mjs';
import { startCandidates } from './candidates.mjs';
import { Network } from './network.mjs';
import { options } from './options.mjs';
import { Progress } from './progress.mjs';
import { median, quantile, ratio, rounded } from './statistics.mjs';
import { tabCost } from './tab-cost.mjs';

const MORE = 10;
const QUIET_MS = 15_000;
const HOLDS = 12;
const frameLoaded = (tab) => until(async () => (await tab.state()).frames[0]?.loads > 0, { what: 'the frame to load' });
const LOADED = { ours: (tab) => tab.ready(), plain_js: frameLoaded, empty: frameLoaded };
const { rounds } = options('tabs', { rounds: 3 });

const took = { ours: [], plain_js: [], empty: [] };
const lags = [];
const messages = [];
const progress = new Progress('tabs', rounds * Object.keys(took).length);
const network = new Network();
const { candidates, stop } = await startCandidates(network, Object.keys(took));
try {
  for (let round = 1; round <= rounds; round++) {
    for (const { name, simulator, host } of candidates) {
      progress.step(`round ${round} of ${rounds}: ${MORE + 1} tabs with ${name}`);
      await simulator.api('POST', '/sim/reset', {});
      const then = name === 'ours' ? cardsFollow : undefined;
      took[name].push(await tabCost({ simulator, host }, { more: MORE, quietMs: QUIET_MS, loaded: LOADED[name], then }));
    }
  }
} finally {
  await stop();
  await network.close();
}

/** By what each ratio is made of a round, or of the medians of all. */
const RATIOS = {
  memory_vs_empty: ['empty', (it) => it.memory],
  memory_vs_plain_js: ['plain_js', (it) => it.memory],
  cpu_vs_empty: ['empty', (it) => it.cpu],
  cpu_vs_plain_js: ['plain_js', (it) => it.cpu],
  ten_tabs_memory_vs_plain_js: ['plain_js', (it) => it.all.memory],
  ten_tabs_cpu_vs_plain_js: ['plain_js', (it) => it.all.cpu],
};

const typical = (name, of) => median(took[name].map(of));
const each = (make) => Object.fromEntries(Object.entries(RATIOS).map(([name, [peer, of]]) => [name, make(peer, of)]));
const worst = (peer, of) => Math.max(...took.ours.map((it, round) => ratio(of(it), of(took[peer][round])) ?? 0)) || null;
console.log(JSON.stringify({
  n: rounds,
  tabs: MORE + 1,
  follower: Object.fromEntries(Object.keys(took).map((name) => [name, {
    memory_kb: Math.round(typical(name, (it) => it.memory)), cpu_ms_per_minute: rounded(typical(name, (it) => it.cpu)),
  }])),
  lag_ms: { n: lags.length, p50: rounded(quantile(lags, 0.5)), p95: rounded(quantile(lags, 0.95)), worst: rounded(quantile(lags, 1)) },
  message_ms: { n: messages.length, p50: rounded(quantile(messages, 0.5)), p95: rounded(quantile(messages, 0.95)) },
  ratios: {
    ...each((peer, of) => ratio(typical('ours', of), typical(peer, of))),
    lag_p95_vs_message_p95: ratio(quantile(lags, 0.95), quantile(messages, 0.95)),
  },
  worst: each(worst),
  cpu_over_empty_ms_per_minute: rounded(typical('ours', (it) => it.cpu) - typical('empty', (it) => it.cpu)),
}, null, 2));

/** The operator holds and takes back in one tab; how long until the cards of all others show it. */
async function cardsFollow(operator) {
  const [first] = operator.tabs;
  await first.front();
  await first.ring();
  await Promise.all(operator.tabs.map((tab) => tab.card('incoming')));
  await first.press('answer');
  await Promise.all(operator.tabs.map((tab) => tab.card('connected')));
  await Promise.all(operator.tabs.map((tab) => tab.page.evaluate(watchHold)));
  for (let hold = 0; hold < HOLDS; hold++) {
    const held = hold % 2 === 0;
    await first.press('hold');
    const shows = (tab) => until(() => tab.page.evaluate((held) => globalThis.shown[held], held), { what: 'every card to show it' });
    const seen = await Promise.all(operator.tabs.map(shows));
    const clicked = await first.page.evaluate(() => globalThis.clicked);
    lags.push(...seen.slice(1).map((at) => at - clicked));
    await Promise.all(operator.tabs.map((tab) => tab.page.evaluate(() => (globalThis.shown = {}))));
  }
  // The peer: one message from page to page, which is the least that any of it can cost.
  await Promise.all(operator.tabs.map((tab) => tab.page.evaluate(() => {
    globalThis.heard = [];
    globalThis.channel = new BroadcastChannel('bench');
    channel.onmessage = ({ data }) => heard.push(performance.timeOrigin + performance.now() - data);
  })));
  for (let sent = 0; sent < HOLDS; sent++) await first.page.evaluate(() => channel.postMessage(performance.timeOrigin + performance.now()));
  for (const tab of operator.tabs.slice(1)) {
    messages.push(...(await until(async () => {
      const heard = await tab.page.evaluate(() => globalThis.heard);
      return heard.length === HOLDS && heard;
    }, { what: 'every message to arrive' })));
  }
  await first.press('hangup');
  await first.recorded();
}

/** In the portal's page: when the hold button was clicked, and when it changed. */
function watchHold() {
  const now = () => performance.timeOrigin + performance.now();
  globalThis.shown = {};
  addEventListener('click', () => (globalThis.clicked = now()), { capture: true });
  const look = () => {
    const held = document.querySelector('[data-card] [data-button="hold"]')?.getAttribute('aria-pressed') === 'true';
    if (held !== globalThis.held) globalThis.shown[(globalThis.held = held)] = now();
  };
  globalThis.held = false;
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
}
