// Stories of what a call and a registration live through: lost connections, a dead server, broken
// media, a registration refused.

import assert from 'node:assert/strict';

import { until } from '../support/until.mjs';

/** The operator is connected by a cable that can be cut, and talks to the customer. */
async function scene(story, options, { hurry } = {}) {
  const link = await story.link();
  const [operator, customer] = await Promise.all([story.phone('operator', options, { link, hurry }), story.phone('customer')]);
  const [mine, theirs] = await story.talk(operator, customer);
  return { link, operator, customer, mine, theirs };
}

/** The cable is cut for so many ms; meanwhile both are heard. */
async function outage(story, { link, operator, customer, mine, theirs }, ms) {
  const registrations = (await operator.events()).filter(({ type }) => type === 'registered').length;
  const began = performance.now();
  link.cut();
  await operator.told('unregistered');
  // The length of the outage is what the story is about: all of it is spent listening.
  do await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
  while (performance.now() - began < ms);
  link.mend();
  await until(async () => (await operator.events()).filter(({ type }) => type === 'registered').length > registrations, {
    what: 'the operator to be registered again',
  });
  await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
}

/** The operator has lost the connection, and by itself would try again only in hours. */
async function longPause(story) {
  const link = await story.link();
  const options = { ping: { every: 300, deadline: 1500 }, reconnect: { first: 9_000_000, last: 9_000_000 } };
  const [operator, customer] = await Promise.all([story.phone('operator', options, { link }), story.phone('customer')]);
  const before = await registrations(operator);
  link.cut();
  await operator.told('unregistered');
  link.mend();
  return { operator, customer, before };
}

/** Of a phone whose signalling is ten times as fast; media, and the server's answers to pings, are given their usual time. */
const hurried = (options) => [{ iceRestart: { patience: 20_000, wait: 80_000 }, ping: { deadline: 50_000 }, ...options }, { hurry: 10 }];

/** Its sessions are refreshed every 45 seconds. */
const refreshing = hurried({ sessionTimers: 90 });

/** A call through an outage of so many ms, hung up after it, and the next one. */
const outlives = (ms, ...settings) => async (story) => {
  const all = await scene(story, ...settings);
  await outage(story, all, ms);
  await story.goodbye(all.operator, all.mine, all.customer, all.theirs);
  await story.nextCallWorks(all.customer, all.operator);
};

/** Where signalling runs: the re-INVITEs that are sent from now on. */
function countRefreshes() {
  globalThis.refreshes = 0;
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (text) {
    if (/^INVITE [^]*\r\nTo: [^\r]*;tag=/.test(text)) refreshes++;
    return send.call(this, text);
  };
}

const registeredAgain = (phone, before) =>
  until(async () => (await phone.events()).filter(({ type }) => type === 'registered').length > before, {
    what: `${phone.user} to be registered again`,
  });

const registrations = async (phone) => (await phone.events()).filter(({ type }) => type === 'registered').length;

/** The least that must hold after a connection was lost, whatever the server is. */
export const reconnects = [
  ['the connection is lost for a second: the call is heard all along, and hanging up reaches the customer', outlives(1000)],

  ['after an outage the customer hangs up, and the operator is told', async (story) => {
    const all = await scene(story);
    await outage(story, all, 500);
    await story.goodbye(all.customer, all.theirs, all.operator, all.mine);
  }],

  ['after an outage the call can still be held and taken back', async (story) => {
    const all = await scene(story);
    const { operator, customer, mine, theirs } = all;
    await outage(story, all, 500);
    await operator.ask('setHeld', mine, true);
    await customer.told('held', { callId: theirs, held: true, by: 'remote' });
    await operator.ask('setHeld', mine, false);
    await story.hear(customer, theirs);
    await story.goodbye(customer, theirs, operator, mine);
  }],

  ['the customer hangs up during an outage: that is what ended it, and no failure', async (story) => {
    const { link, operator, customer, mine, theirs } = await scene(story);
    link.cut();
    await operator.told('unregistered');
    await customer.ask('hangUp', theirs);
    await customer.told('ended', { callId: theirs });
    link.mend();
    assert.deepEqual((await operator.told('ended', { callId: mine })).cause, { by: 'remote' });
    await story.nextCallWorks(customer, operator);
  }],

  ['hung up during an outage: over here at once, and there once the connection is back', async (story) => {
    const { link, operator, customer, mine, theirs } = await scene(story);
    link.cut();
    await operator.told('unregistered');
    await operator.ask('hangUp', mine);
    assert.deepEqual((await operator.told('ended', { callId: mine })).cause, { by: 'local' });
    assert.equal(await operator.live(), 0, 'the microphone is let go');
    link.mend();
    assert.deepEqual((await customer.told('ended', { callId: theirs })).cause, { by: 'remote' });
    await story.nextCallWorks(operator, customer);
  }],
];

export const survival = [
  ...reconnects,

  ['the connection is lost for ten seconds: the call is heard all along, and hanging up reaches the customer', outlives(10_000)],

  ['the connection is lost for a minute (ten times as fast): the call is heard all along, and hanging up reaches the customer', outlives(6000, ...hurried())],

  ['a hold asked for during an outage silences at once, and the far end is told when the server can be reached', async (story) => {
    const { link, operator, customer, mine, theirs } = await scene(story);
    link.cut();
    await operator.told('unregistered');
    await operator.ask('setHeld', mine, true);
    await operator.told('held', { callId: mine, held: true, by: 'local' });
    await customer.sound(theirs, { hears: false });
    const before = await registrations(operator);
    link.mend();
    await registeredAgain(operator, before);
    await customer.told('held', { callId: theirs, held: true, by: 'remote' });
    await operator.ask('setHeld', mine, false);
    await customer.told('held', { callId: theirs, held: false, by: 'remote' });
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(operator, mine, customer, theirs);
    await story.nextCallWorks(customer, operator);
  }],

  ['a call on hold is taken back during an outage of the server: both are heard once it is back', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    await operator.ask('setHeld', mine, true);
    await customer.told('held', { callId: theirs, held: true, by: 'remote' });
    const before = [await registrations(operator), await registrations(customer)];
    await story.server.kill();
    await Promise.all([operator.told('unregistered'), customer.told('unregistered')]);
    await operator.ask('setHeld', mine, false);
    await story.server.start();
    await Promise.all([registeredAgain(operator, before[0]), registeredAgain(customer, before[1])]);
    await customer.told('held', { callId: theirs, held: false, by: 'remote' });
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(operator, mine, customer, theirs);
    await story.nextCallWorks(customer, operator);
  }],

  ['the connection breaks under a hold: the hold fails, and the call can still be hung up at both ends', async (story) => {
    const { link, operator, customer, mine, theirs } = await scene(story);
    const before = await registrations(operator);
    link.hold(); // the answer to the hold never arrives
    await operator.page.evaluate((call) => {
      globalThis.outcome = softphone.setHeld(call, true).then(() => 'held', () => 'failed');
    }, mine);
    await until(() => link.waiting > 0, { what: 'the answer to be under way' });
    link.cut();
    assert.equal(await operator.page.evaluate(() => outcome), 'failed');
    link.mend();
    await registeredAgain(operator, before);
    assert.equal((await operator.events()).some(({ type }) => type === 'ended'), false, 'the call is still there');
    await story.goodbye(operator, mine, customer, theirs);
    await story.nextCallWorks(customer, operator);
  }],

  ['a call dialled during an outage ends with UNREGISTERED; after it the next one connects', async (story) => {
    const link = await story.link();
    const [operator, customer] = await Promise.all([story.phone('operator', {}, { link }), story.phone('customer')]);
    link.cut();
    await operator.told('unregistered');
    const mine = await operator.dials(customer);
    const { cause } = await operator.told('ended', { callId: mine });
    assert.deepEqual([cause.by, cause.code], ['error', 'UNREGISTERED']);
    const before = await registrations(operator);
    link.mend();
    await registeredAgain(operator, before);
    await story.nextCallWorks(customer, operator);
  }],

  ['a call that rings when the connection is lost ends, and says why', async (story) => {
    const link = await story.link();
    const [operator, customer] = await Promise.all([story.phone('operator', {}, { link }), story.phone('customer')]);
    const theirs = await customer.dials(operator);
    const { callId } = await operator.rings();
    const before = await registrations(operator);
    link.cut();
    const { cause } = await operator.told('ended', { callId });
    assert.deepEqual([cause.by, cause.code], ['error', 'UNREGISTERED']);
    await customer.ask('hangUp', theirs);
    await customer.told('ended', { callId: theirs });
    link.mend();
    await registeredAgain(operator, before);
    await story.nextCallWorks(customer, operator);
  }],

  ['the server dies in a call and comes back: nobody reloads, hanging up arrives, the next call rings', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    const before = [await registrations(operator), await registrations(customer)];
    await story.server.kill();
    await Promise.all([operator.told('unregistered'), customer.told('unregistered')]);
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.server.start();
    await Promise.all([registeredAgain(operator, before[0]), registeredAgain(customer, before[1])]);
    await story.hear(operator, mine);
    await story.goodbye(operator, mine, customer, theirs);
    await story.nextCallWorks(customer, operator);
  }],

  ['a connection that died without a word is found by its pings, and replaced', async (story) => {
    const link = await story.link();
    const [operator, customer] = await Promise.all([
      story.phone('operator', { ping: { every: 300, deadline: 1500 } }, { link }),
      story.phone('customer'),
    ]);
    const before = await registrations(operator);
    link.silence();
    await operator.told('unregistered', {});
    link.mend();
    await registeredAgain(operator, before);
    await story.nextCallWorks(customer, operator);
  }],

  ['a computer that slept connects when it wakes, and not when its last pause is over', async (story) => {
    const { operator, customer, before } = await longPause(story);
    await operator.inSignalling(() => {
      const native = Date.now.bind(Date);
      Date.now = () => native() + 3_600_000;
    });
    await registeredAgain(operator, before);
    await story.nextCallWorks(customer, operator);
  }],

  ['a browser that is online again connects at once', async (story) => {
    const { operator, customer, before } = await longPause(story);
    await operator.inSignalling(() => dispatchEvent(new Event('online')));
    await registeredAgain(operator, before);
    await story.nextCallWorks(customer, operator);
  }],

  ['the browser is on another network: ICE is restarted, and the call is heard', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    const fragment = () => operator.page.evaluate((call) => /a=ice-ufrag:(\S+)/.exec(softphone.peerConnection(call).localDescription.sdp)[1], mine);
    const before = await fragment();
    await operator.page.evaluate(() => dispatchEvent(new Event('online')));
    await until(async () => (await fragment()) !== before, { what: 'ICE to be restarted' });
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['both browsers are on another network at once: the call is heard again', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    await Promise.all([operator, customer].map((phone) => phone.page.evaluate(() => dispatchEvent(new Event('online')))));
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await operator.ask('setHeld', mine, true);
    await customer.told('held', { callId: theirs, held: true, by: 'remote' });
    await story.goodbye(operator, mine, customer, theirs);
  }],

  ['the customer is gone without a word: media is missed, mending fails, the call ends with ICE_FAILED', async (story) => {
    const operator = await story.phone('operator', { iceRestart: { patience: 200, wait: 1000, tries: 2 } });
    const customer = await story.phone('customer');
    const [mine] = await story.talk(operator, customer);
    await story.vanish(customer);
    await operator.told('media', { callId: mine, flowing: false });
    const { cause } = await operator.told('ended', { callId: mine });
    assert.ok(cause.by === 'error' && ['ICE_FAILED', 'SIP'].includes(cause.code), JSON.stringify(cause));
    const another = await story.phone('another');
    await story.nextCallWorks(another, operator);
  }],

  ['by wss: a call rings, is held, and outlives a lost connection', async (story) => {
    const link = await story.link({ tls: true });
    const [operator, customer] = await Promise.all([story.phone('operator', {}, { link }), story.phone('customer')]);
    const [theirs, mine] = await story.talk(customer, operator);
    await operator.ask('setHeld', mine, true);
    await customer.told('held', { callId: theirs, held: true, by: 'remote' });
    await operator.ask('setHeld', mine, false);
    await outage(story, { link, operator, customer, mine, theirs }, 0);
    await story.goodbye(customer, theirs, operator, mine);
    await story.nextCallWorks(operator, customer);
  }],

  ['a call is refreshed at half of each session interval (ten times as fast), and is heard', async (story) => {
    const [operator, customer] = [await story.phone('operator', ...refreshing), await story.phone('customer', { sessionTimers: 90 })];
    // Of two JsSIPs it is the one called who refreshes.
    const [theirs, mine] = await story.talk(customer, operator);
    await operator.inSignalling(countRefreshes);
    await until(async () => (await operator.inSignalling(() => refreshes)) >= 2, { what: 'two refreshes' });
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(customer, theirs, operator, mine);
  }],

  ['a PBX that has forgotten the call is found by the next refresh: the call ends, and the next one connects', async (story) => {
    const [operator, customer] = [await story.phone('operator', ...refreshing), await story.phone('customer')];
    const [mine, pbx] = await story.talkToPbx(operator);
    await pbx.ask('forget');
    const { cause } = await operator.told('ended', { callId: mine });
    assert.deepEqual([cause.by, cause.code], ['error', 'SIP']);
    await story.nextCallWorks(operator, customer);
  }],

  ['a wrong password: not registered, said once, and the password is nowhere in it', async (story) => {
    const operator = await story.phone('operator', { password: 'very-secret-indeed' }, { register: false });
    await operator.told('unregistered');
    const said = JSON.stringify([await operator.events(), await operator.reports()]);
    assert.ok(!said.includes('very-secret'), said);
    assert.match(said, /UNREGISTERED/);
    const refusals = (await operator.reports()).filter(({ code }) => code === 'UNREGISTERED');
    assert.equal(refusals.length, 1, said);
    assert.match(refusals[0].message, /refused the registration: 40[13]/);
  }],

  ['signing off ends the call at both ends', async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    const [mine, theirs] = await story.talk(operator, customer);
    await operator.ask('stop');
    await operator.told('ended', { callId: mine });
    assert.deepEqual((await customer.told('ended', { callId: theirs })).cause, { by: 'remote' });
  }],
];
