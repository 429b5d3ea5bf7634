// The demo without a person: three whole calls, driven with real mouse clicks, each step measured; the last in
// three tabs, of which the one with the sound is closed and the last one follows a link.

import { launchChromium } from '../tests/support/browser.mjs';
import { CUSTOMER, EVENTS, Portal } from '../tests/support/portal.mjs';
import { until } from '../tests/support/until.mjs';

/** The portal takes a handler down whose frame loads later than this too often. */
const LOAD_LIMIT_MS = 5000;

/** Long enough for a wrong duration to show. */
const TALK_S = 3;

/** Drives both calls; true when every step did what it should. */
export async function drive(stack) {
  const started = performance.now();
  const steps = new Steps();
  let chromium;
  let portal;
  try {
    chromium = await steps.run('a headless Chromium starts', async () => {
      const launched = await launchChromium();
      return [launched, launched.browser.version()];
    });
    await steps.run('the portal page opens and the worker in its hidden frame is ready', async () => {
      portal = await Portal.open(chromium.browser, stack);
      await portal.ready();
      return [portal];
    });
    await loading(steps, portal);
    const incoming = await incomingCall(steps, portal);
    const outgoing = await outgoingCall(steps, portal);
    await promises(steps, portal);
    const moving = await callInThreeTabs(steps, portal);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`demo: ok, ${steps.done} steps in ${seconds} s; an incoming call of ${incoming} s and an outgoing call of ${outgoing} s, and one of ${moving} s that outlived two pages, each recorded once`);
    return true;
  } catch (error) {
    console.log(`✗ ${steps.current}\n    ${error.message}`);
    await lastMessages(stack, portal).catch(() => {});
    console.log(`--- the last lines of the servers\n${stack.logs(12)}`);
    console.log(`demo: failed at "${steps.current}"`);
    return false;
  } finally {
    await chromium?.close();
  }
}

async function loading(steps, portal) {
  await steps.run('the frame loads within the portal’s limit', async () => {
    const ms = await portal.loaded();
    expect(ms < LOAD_LIMIT_MS, `it took ${ms} ms of the ${LOAD_LIMIT_MS} ms allowed; the handler page must load nothing before its load event`);
    return [ms, `${ms} of ${LOAD_LIMIT_MS} ms`];
  });
}

async function incomingCall(steps, portal) {
  await steps.run('a customer calls, and the card rings', async () => {
    const rang = performance.now();
    await portal.ring();
    await portal.card('incoming');
    return [null, `incoming after ${Math.round(performance.now() - rang)} ms`];
  });
  await steps.run('the operator clicks Answer, and both are connected', async () => {
    const clicked = performance.now();
    await portal.press('answer');
    await portal.card('connected');
    await portal.network('connected');
    return [null, `connected after ${Math.round(performance.now() - clicked)} ms`];
  });
  await heard(steps, portal, 'they hear each other');
  await steps.run('Hold: no sound either way', async () => {
    await portal.press('hold');
    await portal.pressed('hold');
    const flow = await portal.sound({ speaks: false, hears: false });
    return [null, figures(flow)];
  });
  await steps.run('Mute, while on hold: the customer’s phone is told', async () => {
    await portal.press('mute');
    await portal.pressed('mute');
    await portal.customerSees({ held: true, muted: true });
  });
  await steps.run('Hold again: the operator hears the customer, still muted himself', async () => {
    await portal.press('hold');
    await portal.released('hold');
    const flow = await portal.sound({ speaks: false, hears: true });
    return [null, figures(flow)];
  });
  // Tones travel in the call's own audio, so there are none on hold.
  await steps.run('the keypad’s 1 2 # reach the customer’s phone', async () => {
    await portal.type('12#');
    const tones = await portal.tones('12#');
    return [null, `it heard ${tones}`];
  });
  await steps.run('Mute again: they hear each other', async () => {
    await portal.press('mute');
    await portal.released('mute');
    const flow = await portal.sound({ speaks: true, hears: true });
    return [null, figures(flow)];
  });
  return ended(steps, portal, 'the operator hangs up: recorded once, card closed', 1, () => portal.press('hangup'));
}

async function outgoingCall(steps, portal) {
  await steps.run('the operator clicks a phone number on the page, and it rings at the customer', async () => {
    await portal.clickNumber(CUSTOMER.number);
    await portal.card('connectingOutgoing');
    const call = await portal.network('ringing');
    expect(call.number === CUSTOMER.number, `it rings at ${call.number}, not at ${CUSTOMER.number}`);
    return [null, `ringing at ${call.number}`];
  });
  await steps.run('the customer answers', async () => {
    await portal.customer('answer');
    await portal.card('connected');
  });
  await heard(steps, portal, 'they hear each other on the outgoing call, too');
  await steps.run(`they talk for ${TALK_S} s`, () => portal.talked(TALK_S));
  return ended(steps, portal, 'the customer hangs up: recorded once, card closed', 2, () => portal.customer('hangup'));
}

/** One phone for three tabs and a slider, and a call that goes on when its page does not. */
async function callInThreeTabs(steps, first) {
  const tabs = [first];
  await steps.run('two more tabs and a slider are opened: still one softphone', async () => {
    tabs.push(await first.anotherTab('/crm/deal/details/7/'), await first.anotherTab('/crm/contact/details/5/'));
    await first.api('POST', `/sim/pages/${tabs[2].id}/go`, { slider: '/crm/deal/details/9/' });
    await until(async () => (await first.api('GET', '/sim/pages')).some(({ slider, frames }) => slider && frames.length > 0), { what: 'the slider' });
    const { registered } = await first.api('GET', '/sim/phone');
    expect(registered === 1, `${registered} softphones are registered`);
  });
  await steps.run('a customer calls: one ring, on all three cards', async () => {
    await first.ring();
    await Promise.all(tabs.map((tab) => tab.card('incoming')));
  });
  await steps.run('answered in tab 2, held and taken back in tab 1: all cards follow', async () => {
    await tabs[1].page.bringToFront();
    await tabs[1].press('answer');
    await Promise.all(tabs.map((tab) => tab.card('connected')));
    await first.page.bringToFront();
    await first.press('hold');
    await first.customerSees({ held: true });
    await Promise.all(tabs.map((tab) => tab.pressed('hold')));
    await first.press('hold');
    await first.customerSees({ held: false });
  });
  let seat = await seatOf(tabs);
  await heard(steps, seat, `they hear each other, in tab ${tabs.indexOf(seat) + 1}`);
  await steps.run('the tab with the sound is closed: they hear each other in another', async () => {
    const closed = performance.now();
    await seat.page.close();
    tabs.splice(tabs.indexOf(seat), 1);
    seat = await seatOf(tabs);
    const flow = await seat.sound({ speaks: true, hears: true });
    return [null, `${figures(flow)}, after ${Math.round(performance.now() - closed)} ms`];
  });
  const [last, ...others] = tabs;
  await steps.run('all tabs but one are closed, and it follows a link: they hear each other, the card is back', async () => {
    for (const tab of others) await tab.page.close();
    const left = performance.now();
    await last.visit('/crm/company/details/3/');
    const flow = await (await seatOf([last])).sound({ speaks: true, hears: true });
    const after = Math.round(performance.now() - left);
    await last.card('connected');
    return [null, `${figures(flow)}, after ${after} ms`];
  });
  return ended(steps, last, 'the operator hangs up: recorded once, with the whole duration', 3, () => last.press('hangup'));
}

/** The tab the sound is in. */
const seatOf = (tabs) => until(async () => {
  for (const tab of tabs) if (await tab.ask(() => globalThis.b24worker.worker?.hasSeat === true)) return tab;
  return false;
}, { what: 'a tab to have the seat' });

async function heard(steps, portal, name) {
  await steps.run(name, async () => [null, figures(await portal.sound({ speaks: true, hears: true }))]);
}

// Ends call number `count` and looks at what the portal keeps of it.
function ended(steps, portal, name, count, hangUp) {
  return steps.run(name, async () => {
    await hangUp();
    const call = await portal.recorded(count);
    await portal.card(null);
    const phone = await portal.network('ended');
    const lasted = (phone.endedAt - phone.answeredAt) / 1000;
    const { CALL_DURATION: duration, CALL_FAILED_CODE: status } = call.finish;
    expect(Math.abs(duration - Math.round(lasted)) <= 1, `a call of ${lasted.toFixed(1)} s was recorded as ${duration} s`);
    expect(String(status) === '200', `an answered call was recorded with the status ${status}`);
    expect(call.finishRequests === 1, `the call was finished ${call.finishRequests} times`);
    expect((await portal.calls()).length === count, `the portal knows ${(await portal.calls()).length} calls, not ${count}`);
    await portal.silent();
    return [duration, `${duration} s of ${lasted.toFixed(1)} s, status ${status}`];
  });
}

async function promises(steps, portal) {
  await steps.run(`the log: ${EVENTS.length} binds, each once, before the first card command; no command without a card; no strike`, async () => {
    const broken = await portal.brokenPromises();
    expect(broken.length === 0, broken.join('; '));
  });
}

/** Steps with names, so that whatever goes wrong can be named. */
class Steps {
  done = 0;
  current = 'the start';

  // `body` gives [value, what was measured].
  async run(name, body) {
    this.current = name;
    const result = await body();
    const [value, measured] = Array.isArray(result) ? result : [];
    this.done++;
    console.log(`✓ ${name}${measured ? `: ${measured}` : ''}`);
    return value;
  }
}

const figures = ({ sent, received }) => `${sent} packets/s out, ${received} in`;

function expect(holds, message) {
  if (!holds) throw new Error(message);
}

// What helps to find the cause: the page's own errors, and what was said last.
async function lastMessages(stack, portal) {
  const log = await stack.simulator.api('GET', '/sim/log?since=0');
  console.log('--- the last messages between portal and frame');
  for (const { kind, name, text } of log.slice(-15)) console.log(`${kind.padEnd(5)} ${name}  ${text.slice(0, 160)}`);
  const { state, errors } = (await portal?.diagnostics()) ?? { errors: [] };
  if (errors.length > 0) console.log(`--- the worker is ${state} and has reported`);
  for (const { code, message } of errors) console.log(`${code}: ${message}`);
}
