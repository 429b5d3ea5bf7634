// How this example is tried by hand, and how it is tested.

import assert from 'node:assert/strict';

const CALLER = '+12025550123';

export const hints = ({ simulator, url }) => [
  ['The portal is open', simulator.url],
  ['A customer calls', `curl -d '{"from":"${CALLER}"}' ${url}/call`],
  ['and hangs up', `curl -d '{"hangUp":true}' ${url}/call`],
  ['You call her', 'click her number on the portal\'s page'],
  ['After a change in Rust', 'npm run build -- --dev (in examples/rust-worker)'],
];

/** The portal refuses the next title of a card. Runs in the worker's frame. */
function refuseTitle() {
  const { placement } = globalThis.BX24;
  const { call } = placement;
  placement.call = (command, params, done) => {
    if (command !== 'CallCardSetCardTitle') return call(command, params, done);
    placement.call = call;
    globalThis.refused = params.title;
    done([{ result: 'error', errorCode: 'Call card is undefined' }]);
  };
}

export default async function story({ simulator, url, openPortal, until }) {
  const portal = await openPortal();
  const call = (what) => fetch(`${url}/call`, { method: 'POST', body: JSON.stringify(what) });
  const toggle = async (button) => {
    await portal.press(button);
    await portal.pressed(button);
    await portal.press(button);
    await portal.released(button);
  };

  await until(() => portal.ask(() => Boolean(globalThis.BX24)), { what: 'BX24.js in the frame' });
  await portal.ask(refuseTitle);
  await until(async () => (await call({ from: CALLER })).ok, { what: 'a phone to be there for the call' });
  await portal.card('incoming');
  await until(() => portal.ask(() => globalThis.refused), { what: 'the title to be refused' });
  await portal.press('answer');
  await portal.card('connected');
  await toggle('mute');
  await toggle('hold');
  await portal.press('hangup');
  assert.equal((await portal.recorded()).finishes, 1, 'one record');
  await portal.card(null);

  // The worker goes on.
  await portal.clickNumber(CALLER);
  await portal.card('connected');
  await simulator.api('GET', '/sim/wait?kind=in&name=CallCardSetCardTitle&contains=My%20PBX');
  await call({ hangUp: true });
  assert.equal((await portal.recorded(2)).finishes, 1, 'one record of the second call');
  await portal.card(null);
  assert.equal((await portal.calls()).length, 2, 'two calls, and no more');
  return 'a call was answered on the card, a clicked number was dialled, and a refused command ended nothing';
}
