// ./build.sh bench tabs [ROUNDS]: what the second to the eleventh tab of an operator cost, and how far behind their cards are.
//
// Three handler pages in turn, each in a browser of its own: ours, one as it is written by hand (BX24.js, seventeen events,
// no more), and an empty one. A tab that follows costs what ten more of them add, divided by ten. Prints JSON.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

import { EVENTS } from '../tests/support/portal.mjs';
import { Operator } from '../tests/support/operator.mjs';
import { startSimulator, startStack, until } from '../tests/support/servers.mjs';

const MORE = 10;
const QUIET_MS = 15_000;
const HOLDS = 12;
const rounds = Number(process.argv[2] ?? 3);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error('bench tabs: how many rounds? A number from 1 on');
  process.exit(2);
}

const pages = await startPages();
const took = { ours: [], plain_js: [], empty: [] };
const lags = [];
const messages = [];
try {
  for (let round = 1; round <= rounds; round++) {
    for (const name of Object.keys(took)) {
      say(`round ${round} of ${rounds}: ${MORE + 1} tabs with ${name}`);
      took[name].push(await measured(name));
    }
  }
} finally {
  pages.close();
}

const typical = (name, what) => median(took[name].map((it) => it[what]));
const ratio = (what, peer) => rounded(typical('ours', what) / typical(peer, what));
console.log(JSON.stringify({
  n: rounds,
  tabs: MORE + 1,
  follower: Object.fromEntries(Object.keys(took).map((name) => [name, {
    memory_kb: Math.round(typical(name, 'memory')), cpu_ms_per_minute: rounded(typical(name, 'cpu')),
  }])),
  lag_ms: { n: lags.length, p50: rounded(quantile(lags, 0.5)), p95: rounded(quantile(lags, 0.95)) },
  message_ms: { n: messages.length, p50: rounded(quantile(messages, 0.5)), p95: rounded(quantile(messages, 0.95)) },
  ratios: {
    memory_vs_empty: ratio('memory', 'empty'),
    memory_vs_plain_js: ratio('memory', 'plain_js'),
    cpu_vs_plain_js: ratio('cpu', 'plain_js'),
    ten_tabs_memory_vs_plain_js: ratio('all', 'plain_js'),
    lag_p95_vs_message_p95: rounded(quantile(lags, 0.95) / quantile(messages, 0.95)),
  },
}, null, 2));

/** What one tab more costs, in memory while nothing happens and in processor time for a minute of that. */
async function measured(name) {
  const stack = name === 'ours' ? await startStack() : { simulator: await startSimulator({ handler: `${pages.origin}/${name}` }) };
  pages.bx24 = `${stack.simulator.url}/api/v1/`;
  const operator = await Operator.start(stack);
  try {
    await open(operator, name, 1);
    const one = await quiet(operator);
    await open(operator, name, MORE);
    const all = await quiet(operator);
    if (name === 'ours') await cardsFollow(operator);
    return { memory: (all.memory - one.memory) / MORE, cpu: Math.max(0, all.cpu - one.cpu) / MORE, all: all.memory };
  } finally {
    await operator.close();
    await (stack.stop?.() ?? stack.simulator.stop());
  }
}

async function open(operator, name, count) {
  for (let opened = 0; opened < count; opened++) {
    const tab = await operator.tab('/');
    if (name === 'ours') await tab.ready();
    else await until(async () => (await tab.state()).frames[0]?.loadMs !== undefined, { what: `the frame of ${name} to load` });
  }
}

/** All of the browser's pages together: their memory, and the processor time of a minute in which nothing happens. */
async function quiet(operator) {
  await pause(QUIET_MS / 3); // what loading left to do
  const before = await processes(operator);
  await pause(QUIET_MS);
  const after = await processes(operator);
  const sum = (all, what) => all.reduce((total, it) => total + it[what], 0);
  return { memory: sum(after, 'memory'), cpu: ((sum(after, 'cpu') - sum(before, 'cpu')) * 60_000) / QUIET_MS };
}

async function processes(operator) {
  const { processInfo } = await operator.devtools.send('SystemInfo.getProcessInfo');
  const renderers = processInfo.filter(({ type }) => type === 'renderer');
  return renderers.map(({ id, cpuTime }) => ({ cpu: cpuTime * 1000, memory: proportional(id) }));
}

/** Kilobytes of a process, of what it shares with others its part only. */
function proportional(id) {
  try {
    return Number(/^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/smaps_rollup`, 'utf8'))[1]);
  } catch (error) {
    if (error.code === 'ENOENT') return 0; // it has just ended
    throw error;
  }
}

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
    const seen = await Promise.all(operator.tabs.map((tab) => until(() => tab.page.evaluate((held) => globalThis.shown[held], held), { what: 'every card to show it' })));
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

async function startPages() {
  const pages = {};
  const byHand = () => `<script>addEventListener('load', () => {
    const script = document.createElement('script');
    script.src = ${JSON.stringify(pages.bx24)};
    script.onload = () => BX24.init(() => {
      const ask = () => BX24.placement.getInterface((its) => {
        if (!its?.event?.length) return setTimeout(ask, 100);
        for (const name of ${JSON.stringify(EVENTS)}) BX24.placement.bindEvent(name, (data) => (globalThis.last = data));
      });
      ask();
    });
    document.head.append(script);
  })</script>`;
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>a worker</title>${request.url.startsWith('/plain_js') ? byHand() : ''}`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  pages.origin = `http://app.localhost:${server.address().port}`;
  pages.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return pages;
}

function say(text) {
  console.error(`bench tabs: ${text}`);
}

function quantile(all, part) {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))];
}

function median(all) {
  return quantile(all, 0.5);
}

function rounded(number) {
  return Math.round(number * 100) / 100;
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
