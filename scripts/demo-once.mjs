// The demo without a person: two whole calls, driven with real mouse clicks, each step measured.

import { launchChromium } from '../tests/support/browser.mjs';
import { CUSTOMER, EVENTS, Portal } from '../tests/support/portal.mjs';

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
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`demo: ok, ${steps.done} steps in ${seconds} s; an incoming call of ${incoming} s and an outgoing call of ${outgoing} s, each recorded once`);
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
