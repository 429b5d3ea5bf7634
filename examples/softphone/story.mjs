// How this example is tried by hand, and how it is tested: two real pages, and the sound between them.

import assert from 'node:assert/strict';

export const hints = ({ simulator, url }) => [
  ['The portal is open', simulator.url],
  ['The customer\'s phone', `${url}/customer`],
  ['Who is there', `curl ${url}/phones`],
];

/** Packets heard so far, and the energy in them. Runs in either page. */
async function heard() {
  for (const stat of (await globalThis.connection().getStats()).values()) {
    if (stat.type === 'inbound-rtp') return { packets: stat.packetsReceived, energy: stat.totalAudioEnergy };
  }
  return { packets: 0, energy: 0 };
}

export default async function story({ url, openPortal, openPage, until }) {
  const operator = await openPortal();
  const customer = await openPage(`${url}/customer`);
  const ends = { operator: () => operator.ask(heard), customer: () => customer.evaluate(heard) };

  /** Until a second of what one of them hears, 50 packets, is as it should be. */
  const hears = async (who, what, is) => {
    let before = await ends[who]();
    await until(
      async () => {
        const now = await ends[who]();
        if (now.packets - before.packets < 50) return false;
        const energy = now.energy - before.energy;
        before = now;
        if (is(energy)) return true;
        throw new Error(`in the last second there was an energy of ${energy}`);
      },
      { what: `the ${who} to hear ${what}` },
    );
  };
  const sound = (who) => hears(who, 'sound', (energy) => energy > 1e-4);
  const silence = (who) => hears(who, 'silence', (energy) => energy < 1e-8);
  const bothHear = () => Promise.all([sound('operator'), sound('customer')]);
  const customerIs = (state) => until(async () => (await customer.textContent('[role=status]')) === state, {
    what: `the customer's phone to be ${state}`,
  });

  const phones = async () => (await fetch(`${url}/phones`)).json();
  await until(async () => (await phones()).length === 2, { what: 'both phones to be there' });

  await customer.click('#call');
  await operator.card('incoming');
  await operator.press('answer');
  await operator.card('connected');
  await bothHear();

  await operator.press('mute');
  await operator.pressed('mute');
  await silence('customer');
  await sound('operator');
  await operator.press('mute');
  await sound('customer');

  await operator.press('hold');
  await operator.pressed('hold');
  await customerIs('on hold');
  await operator.press('hold');
  await customerIs('talking');
  await bothHear();

  await operator.press('hangup');
  assert.equal((await operator.recorded()).finishes, 1, 'one record');
  await operator.card(null);
  await customerIs('ready');

  // The other way round.
  await operator.clickNumber('+12025550123');
  await customerIs('ringing');
  await customer.click('#answer');
  await operator.card('connected');
  await bothHear();
  await customer.click('#hangup');
  assert.equal((await operator.recorded(2)).finishes, 1, 'one record of the second call');
  await operator.card(null);

  // Declined: without a connection that would break, only the signalling can tell her.
  await customer.click('#call');
  await operator.card('incoming');
  await operator.press('skip');
  await customerIs('ready');
  assert.equal((await operator.recorded(3)).finish.CALL_FAILED_CODE, '603');
  assert.equal((await operator.calls()).length, 3, 'three calls, and no more');
  await operator.card(null);
  return 'the two heard each other by WebRTC, called both ways, and each call was recorded once';
}
