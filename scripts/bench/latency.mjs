// ./build.sh bench latency: from a ring at the softphone to the card, and from a click on the card to the softphone.
//
//     [--rings 200]
//
// Ours, and a worker in plain JavaScript that does the same by hand, with the same softphone, which makes no sound; a call of
// each in turn. Prints JSON.

import { evaluateQuietly, launchChromium } from '../../tests/support/browser.mjs';
import { newContext } from './bare-page.mjs';
import { Calls } from './calls.mjs';
import { startCandidates } from './candidates.mjs';
import { Network } from './network.mjs';
import { options } from './options.mjs';
import { Progress } from './progress.mjs';
import { quantile, ratio, rounded } from './statistics.mjs';

/** Calls at the start, of which nothing is kept: code that has never run is slow. */
const WARM_UP = 10;
const EVERY = 25;

const { rings } = options('latency', { rings: 200 });
const progress = new Progress('latency', Math.ceil((WARM_UP + rings) / EVERY));
const network = new Network();
const { candidates, stop } = await startCandidates(network, ['ours', 'phone_by_hand'], { quiet: true });
const { browser, close } = await launchChromium();
const took = {};
try {
  const phones = [];
  for (const candidate of candidates) {
    const context = await newContext(browser);
    await context.addInitScript(watchCard);
    phones.push([candidate, await Calls.openOn(candidate, context)]);
    took[candidate.name] = { ring: [], click: [] };
  }
  for (let nth = 0; nth < WARM_UP + rings; nth++) {
    if (nth % EVERY === 0) progress.step(`call ${nth} of ${WARM_UP + rings} of each`);
    for (const [candidate, calls] of phones) {
      const { ring, click } = await oneCall(calls);
      if (nth < WARM_UP) continue;
      took[candidate.name].ring.push(ring);
      took[candidate.name].click.push(click);
    }
  }
} finally {
  await close();
  await stop();
  await network.close();
}

const part = (what, of) => (name) => rounded(quantile(took[name][what], of));
const told = (what) => Object.fromEntries(Object.entries({ ours: 'ours', plain_js: 'phone_by_hand' }).map(([name, its]) => [
  name, { p50: part(what, 0.5)(its), p99: part(what, 0.99)(its) },
]));
const over = (what, of) => rounded(part(what, of)('ours') - part(what, of)('phone_by_hand'));
console.log(JSON.stringify({
  n: rings,
  ring_to_card_ms: told('ring'),
  click_to_softphone_ms: told('click'),
  p99_over_plain_js_ms: over('ring', 0.99),
  p50_over_plain_js_ms: over('ring', 0.5),
  click_p99_over_plain_js_ms: over('click', 0.99),
  click_p50_over_plain_js_ms: over('click', 0.5),
  ratios: { ring_p50_vs_plain_js: ratio(part('ring', 0.5)('ours'), part('ring', 0.5)('phone_by_hand')) },
}, null, 2));

async function oneCall(calls) {
  await calls.ring();
  await calls.answer();
  const [page, frame] = await Promise.all([
    calls.page.evaluate(() => ({ shownAt, clickedAt })),
    evaluateQuietly(calls.frame, () => ({ rangAt: globalThis.rangAt, toldAt: globalThis.toldAt })),
  ]);
  await calls.customerHangsUp();
  return { ring: page.shownAt - frame.rangAt, click: frame.toldAt - page.clickedAt };
}

/** In the portal's page: when the card came to say that it rings, and when it was clicked. */
function watchCard() {
  if (globalThis !== globalThis.top) return;
  const now = () => performance.timeOrigin + performance.now();
  let state;
  new MutationObserver(() => {
    const is = document.querySelector('[data-card]')?.dataset.state;
    if (is !== state && is === 'incoming') globalThis.shownAt = now();
    state = is;
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-state'] });
  addEventListener('click', () => (globalThis.clickedAt = now()), { capture: true });
}
