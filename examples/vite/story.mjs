// How this example is tried by hand, and how it is tested: built, and as Vite's development server gives it.

import assert from 'node:assert/strict';

const CALLER = '+12025550123';

export const hints = ({ simulator, url }) => [
  ['The portal is open', simulator.url],
  ['A customer calls', `curl -d '{"from":"${CALLER}"}' ${url}/call`],
  ['and hangs up', `curl -d '{"hangUp":true}' ${url}/call`],
];

/** Packets heard so far, and the energy in them. Runs in the page. */
async function heard() {
  for (const stat of (await globalThis.connection().getStats()).values()) {
    if (stat.type === 'inbound-rtp') return { packets: stat.packetsReceived, energy: stat.totalAudioEnergy };
  }
  return { packets: 0, energy: 0 };
}

export default async function story({ simulator, url, openPortal, until }) {
  const portal = await openPortal();
  const other = await openPortal('/crm/deal/details/7/');
  for (const tab of [portal, other]) {
    await until(() => tab.ask(() => Boolean(globalThis.worker)), { what: 'the worker of each tab' });
  }

  for (const tab of [portal, other]) {
    const { early, all } = await tab.ask(() => {
      const { loadEventStart } = performance.getEntriesByType('navigation')[0];
      const fetched = performance.getEntriesByType('resource');
      const names = (entries) => entries.map(({ name }) => name);
      return { early: names(fetched.filter((it) => it.startTime < loadEventStart)), all: names(fetched) };
    });
    assert.deepEqual(early, [], 'nothing is fetched before the load event');
    assert.ok(all.some((name) => name.includes('worker_bg')), 'the page has fetched its module');
    assert.ok(!all.some((name) => name.includes('hub_bg')), 'the hub\'s module is fetched by a SharedWorker');
  }

  const call = (what) => fetch(`${url}/call`, { method: 'POST', body: JSON.stringify(what) });
  await until(async () => (await call({ from: CALLER })).ok, { what: 'a phone to be there for the call' });
  await portal.card('incoming');
  await portal.press('answer');
  await portal.card('connected');

  const seat = (await portal.ask(() => globalThis.worker.hasSeat)) ? portal : other;
  /** Until a second of what comes back from the far end, 50 packets, is as it should be. */
  const hear = async (what, is) => {
    let before = await seat.ask(heard);
    await until(
      async () => {
        const now = await seat.ask(heard);
        if (now.packets - before.packets < 50) return false;
        const energy = now.energy - before.energy;
        before = now;
        if (is(energy)) return true;
        throw new Error(`in the last second there was an energy of ${energy}`);
      },
      { what: `the operator to hear ${what}` },
    );
  };
  await hear('sound', (energy) => energy > 1e-4);
  await portal.press('mute');
  await portal.pressed('mute');
  await hear('silence', (energy) => energy < 1e-8);

  await portal.press('hangup');
  assert.equal((await portal.recorded()).finishes, 1, 'one record');
  await portal.card(null);

  await portal.clickNumber(CALLER);
  await portal.card('connected');
  assert.ok((await call({ hangUp: true })).ok);
  assert.equal((await portal.recorded(2)).finishes, 1, 'one record of the second call');
  await portal.card(null);
  assert.equal((await portal.calls()).length, 2, 'two calls, and no more');
  return 'two tabs shared one phone, with sound and without, and each call was recorded once';
}
