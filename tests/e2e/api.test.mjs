// The JavaScript API, as an application on the handler page uses it: in the hidden frame, against
// the portal's own card.

import assert from 'node:assert/strict';
import { story } from '../support/story.mjs';
import { until } from '../support/until.mjs';

/** What the application hears from now on, as `[event, detail]`; the last card is kept. */
const listen = () => {
  globalThis.heard = [];
  const { worker } = globalThis.b24worker;
  for (const event of ['cardclosed', 'cardevent', 'callchanged', 'callended', 'callrecorded', 'error']) {
    worker.on(event, (detail) => heard.push([event, detail]));
  }
  worker.on('cardinitialized', ({ card, call }) => {
    globalThis.card = card;
    heard.push(['cardinitialized', call]);
  });
};

const heard = (portal, event) =>
  until(async () => (await portal.ask((event) => heard.filter(([name]) => name === event).map(([, detail]) => detail), event)).at(-1), {
    what: `the application to hear ${event}`,
  });

story('a card comes with its event, obeys its handle, and a stale handle is CARD_CLOSED and touches nothing', {}, async (portal) => {
  await portal.ask(listen);
  await portal.ring();
  await portal.card('incoming');
  const info = await heard(portal, 'cardinitialized');
  assert.equal(info.direction, 'incoming');
  await portal.ask(async () => {
    globalThis.first = globalThis.card;
    await first.setStatusText('An important customer');
  });
  const { card } = await portal.api('GET', `/sim/pages/${portal.id}`);
  assert.equal(card.statusText, 'An important customer');
  assert.deepEqual((await portal.ask(() => first.listUiStates())).length, 12);
  await portal.press('skip');
  await portal.card(null);
  await heard(portal, 'cardclosed');

  await portal.ring();
  await portal.card('incoming');
  const codes = await portal.ask(async () => {
    const code = (promise) => promise.then(() => 'done', (error) => `${error.name} ${error.code}`);
    return [await code(first.setMute(true)), await code(first.close()), await code(first.setUiState('redial'))];
  });
  assert.deepEqual(codes, ['CallCardError CARD_CLOSED', 'CallCardError CARD_CLOSED', 'CallCardError CARD_CLOSED']);
  const state = await portal.api('GET', `/sim/pages/${portal.id}`);
  assert.deepEqual([state.card.uiState, state.card.muted], ['incoming', false]);
  await portal.press('skip');
  await portal.recorded(2);
});

story('an application dials, mutes, types and hangs up without touching the card', {}, async (portal) => {
  await portal.ask(listen);
  const name = await portal.ask(() => b24worker.worker.dial('+12025550177'));
  assert.equal(await portal.ask(() => b24worker.worker.call.phoneCallId), name);
  await portal.network('ringing');
  await portal.customer('answer');
  await portal.card('connected');
  const busy = await portal.ask(() => b24worker.worker.dial('+12025550123').catch((error) => error.code));
  assert.equal(busy, 'BUSY');
  const bad = await portal.ask(() => b24worker.worker.sendDtmf('55').catch((error) => error.code));
  assert.equal(bad, 'MALFORMED');
  await portal.ask(() => b24worker.worker.setMuted(true));
  await portal.pressed('mute');
  assert.equal((await portal.ask(() => b24worker.worker.call)).muted, true);
  await portal.ask(() => b24worker.worker.sendDtmf('7'));
  await portal.tones('7');
  await portal.ask(() => b24worker.worker.hangUp());
  const { statusCode, record } = await heard(portal, 'callrecorded');
  assert.equal(statusCode, '200');
  const { finish } = await portal.recorded();
  assert.deepEqual([record.id, record.crmActivityId], [Number(finish.ID), Number(finish.CRM_ACTIVITY_ID)]);
  assert.equal(await portal.ask(() => b24worker.worker.hangUp().catch((error) => error.code)), 'NO_CALL');
});

story('the portal refuses to register a call: the error has the portal\'s own code as its cause', {
  faults: { rest: { 'telephony.externalCall.register': { status: 400, error: 'ERROR_CORE', times: 1 } } },
}, async (portal) => {
  await portal.ask(() => {
    globalThis.causes = [];
    b24worker.worker.on('error', (error) => causes.push([error.code, error.cause, error instanceof Error]));
    return b24worker.worker.dial('+15550177').catch(() => {});
  });
  const [[code, cause, isError]] = await until(async () => {
    const causes = await portal.ask(() => causes);
    return causes.length > 0 && causes;
  }, { what: 'the error' });
  assert.deepEqual([code, cause.code, typeof cause.message, isError], ['REST', 'ERROR_CORE', 'string', true]);
  await portal.ring();
  await portal.card('incoming');
  await portal.press('skip');
  await portal.card(null);
});

story('a listener can stop listening, and one that throws harms neither the call nor the others', {}, async (portal) => {
  await portal.ask(() => {
    globalThis.count = 0;
    const { worker } = globalThis.b24worker;
    worker.on('callchanged', () => { throw new Error('the application has a bug'); });
    const off = worker.on('callchanged', () => { count++; off(); });
  });
  await portal.ring();
  await portal.card('incoming');
  await portal.press('answer');
  await portal.card('connected');
  assert.equal(await portal.ask(() => count), 1);
  await portal.press('hangup');
  await portal.recorded();
});

story('a misspelt event or option is an error that names those there are, and harms nothing', {}, async (portal) => {
  const told = await portal.ask(async () => {
    const { worker } = b24worker;
    const says = ({ code, message }) => `${code} ${message}`;
    const thrown = [];
    try {
      worker.on('ringing', () => {});
    } catch (error) {
      thrown.push(says(error));
    }
    await worker.constructor.start({ softphone: {}, autodial: false }).catch((error) => thrown.push(says(error)));
    return thrown;
  });
  assert.match(told[0], /^MALFORMED there is no event "ringing".*callchanged/);
  assert.match(told[1], /^MALFORMED .*autodial: there is no such option.*autoDial/);
  await portal.ring();
  await portal.card('incoming');
  await portal.press('skip');
  await portal.recorded();
});

story('how the call sounds is told each second, and what was measured grades the record', {}, async (portal) => {
  await portal.ask(() => {
    globalThis.qualities = [];
    globalThis.b24worker.worker.on('quality', (quality) => qualities.push(quality));
  });
  await portal.ring();
  await portal.card('incoming');
  await portal.press('answer');
  await portal.card('connected');
  await until(async () => (await portal.ask(() => qualities)).length >= 7, { what: 'seven seconds of it' });
  await portal.press('hangup');
  await portal.recorded();
  const told = await portal.ask(() => qualities);
  // How good it is depends on the machine; what is measured and what is graded must agree.
  for (const it of told) {
    assert.ok(it.mos >= 1 && it.mos <= 4.5 && it.roundTrip >= 0 && it.jitter >= 0, JSON.stringify(it));
    assert.ok([it.lossIn, it.lossOut].every((loss) => loss >= 0 && loss <= 1), JSON.stringify(it));
  }
  assert.ok(told.some(({ problem }) => !problem), JSON.stringify(told));
  const scores = told.map(({ mos }) => mos);
  const [{ finish }] = await portal.calls();
  const stars = Number(finish.CALL_VOTE);
  assert.ok(starsOf(Math.min(...scores)) <= stars && stars <= starsOf(Math.max(...scores)), `${stars} stars for ${scores}`);
});

/** The stars of a mean opinion score, of which a telephone's best is 4.4. */
const starsOf = (mos) => 1 + [2.2, 3.1, 3.8, 4.2].filter((least) => mos >= least).length;
