// What is asked of all of an operator's tabs together.

import { until } from './until.mjs';

/** The tab the sound is in. One that is closed, or has crashed, has it no more. */
export const seatOf = (tabs) => until(
  async () => {
    for (const tab of tabs) if (await tab.ask(() => globalThis.b24worker?.worker?.hasSeat === true).catch(() => false)) return tab;
    return false;
  },
  { what: 'a tab to have the seat' },
);

/** Waits until the telephone network knows so many softphones. */
export const registered = (tab, count) => until(
  async () => (await tab.api('GET', '/sim/phone')).registered === count,
  { what: `${count} registered softphone(s)` },
);

/** The portal's page has other things to do, as a large one has: it hears of a call late. */
export const keepBusy = (tab, ms) => tab.page.evaluate((forMs) => {
  setTimeout(() => {
    const begun = performance.now();
    while (performance.now() - begun < forMs);
  });
}, ms);

/** Until this page says that a newer version has the phone. */
export const saysReload = (tab) => until(
  () => tab.ask(() => globalThis.b24worker.errors.some(({ code, message }) => code === 'HUB' && message.includes('reload'))),
  { what: 'the older page to say that it must be reloaded' },
);
