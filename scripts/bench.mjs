// ./build.sh bench: how long handler pages keep the portal's load clock going. A handler that is
// often slower than five seconds is deleted by the portal.
//
// Three pages in turn, in the same browser: ours, an empty one (the least there can be), and one as
// they are written by hand, with BX24.js in a script element of its head.

import { createServer } from 'node:http';

import { launchChromium, WINDOW } from '../tests/support/browser.mjs';
import { startSimulator, startStack } from '../tests/support/servers.mjs';
import { until } from '../tests/support/until.mjs';

const ROUNDS = 9;
const LATE_MS = 1000;

const pages = await startPages();
const stack = await startStack();
const [empty, byHand] = await Promise.all([startSimulator({ handler: `${pages.origin}/empty` }), startSimulator({ handler: `${pages.origin}/hand` })]);
pages.bx24 = `${byHand.url}/api/v1/`;
const { browser, close } = await launchChromium();
try {
  const context = await browser.newContext(WINDOW);
  const candidates = { empty, 'this project\'s': stack.simulator, 'written by hand': byHand };
  await measured(candidates, context); // caches are warm from now on, as an operator's are
  report('BX24.js at once', await rounds(candidates, context));
  for (const simulator of Object.values(candidates)) await simulator.api('PUT', '/sim/faults', { bx24DelayMs: LATE_MS });
  report(`BX24.js after ${LATE_MS} ms`, await rounds(candidates, context));
} finally {
  await close();
  await Promise.all([stack.stop(), empty.stop(), byHand.stop()]);
  pages.close();
}

async function rounds(candidates, context) {
  const took = Object.fromEntries(Object.keys(candidates).map((name) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, ms] of Object.entries(await measured(candidates, context))) took[name].push(ms);
  }
  return took;
}

/** One load of each page: milliseconds from the frame's creation to its `load`. */
async function measured(candidates, context) {
  const took = {};
  for (const [name, simulator] of Object.entries(candidates)) {
    const page = await context.newPage();
    await page.goto(simulator.url);
    const id = await page.evaluate(() => document.documentElement.dataset.page);
    took[name] = await until(async () => (await simulator.api('GET', `/sim/pages/${id}`)).frames[0]?.loadMs, { what: `the frame of ${name} to load` });
    await page.close();
  }
  return took;
}

function report(title, took) {
  const floor = median(took.empty);
  console.log(`frame created → load, ${title}, median of ${ROUNDS}:`);
  for (const [name, all] of Object.entries(took)) {
    const ms = median(all);
    console.log(`  ${name.padEnd(16)} ${String(ms).padStart(5)} ms  ${(ms / floor).toFixed(1)} times the empty page's  (${Math.min(...all)}-${Math.max(...all)})`);
  }
}

function median(all) {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
}

async function startPages() {
  const pages = {};
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    const script = request.url.startsWith('/hand') ? `<script src="${pages.bx24}"></script>` : '';
    response.end(`<!doctype html><title>a worker</title>${script}`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  pages.origin = `http://app.localhost:${server.address().port}`;
  pages.close = () => {
    server.closeAllConnections();
    server.close();
  };
  return pages;
}
