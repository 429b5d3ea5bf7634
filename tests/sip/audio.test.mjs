// Each reason why a call can't be spoken in, produced in a real browser: it ends the call with a code
// of its own, and once it is put right the next call is heard.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { evaluateQuietly, launchChromium } from '../support/browser.mjs';
import { openBench } from '../support/sip-bench.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

const ADAPTERS = ['jssip', 'sipjs'];
const FAKE_DEVICE = ['--use-fake-device-for-media-stream'];
const FAKE_CONSENT = ['--use-fake-ui-for-media-stream'];

/** The operator's phone fails with this code, whoever calls; the caller is not left ringing. */
async function failsWith(code, operator, customer) {
  const mine = await operator.dials(customer);
  const { cause } = await operator.told('ended', { callId: mine });
  assert.deepEqual([cause.by, cause.code], ['error', code], 'dialling');
  assert.ok(cause.text.length > 10, 'there is a sentence for the operator');

  const theirs = await customer.dials(operator);
  const { callId } = await operator.rings();
  await operator.ask('answer', callId);
  assert.equal((await operator.told('ended', { callId })).cause.code, code, 'answering');
  assert.deepEqual((await customer.told('ended', { callId: theirs })).cause, { by: 'remote', status: 480 });
}

async function heard(operator, customer) {
  const theirs = await customer.dials(operator);
  const { callId } = await operator.rings();
  await operator.ask('answer', callId);
  await customer.sound(theirs, { speaks: true, hears: true });
  await customer.ask('hangUp', theirs);
  await operator.told('ended', { callId });
}

/** One ordinary browser for the customers, one for the operators of each set of flags, one server. */
const customers = await openBench();
const benches = new Map();
const operatorsWith = (flags) => {
  const key = flags.join(' ');
  if (!benches.has(key)) benches.set(key, openBench({ flags, fakeDevices: false, server: customers.server }));
  return benches.get(key);
};
after(async () => {
  for (const bench of benches.values()) await (await bench).close();
  await customers.close();
});

/** An operator for whom something is broken, and where there is a way to mend it, one for whom it is not. */
async function scene(adapter, { flags, broken = {}, mended }, tell) {
  const operators = await operatorsWith(flags);
  const phones = [];
  const open = async (bench, name, more) => {
    const phone = await bench.phone(adapter, customers.newUser(name), {}, more);
    phones.push(phone);
    return phone;
  };
  try {
    const customer = await open(customers, 'customer');
    const operator = await open(operators, 'operator', broken);
    await tell(operator, customer);
    if (mended) await heard(mended === true ? operator : await open(operators, 'operator', mended), customer);
    for (const phone of phones) await phone.endsClean();
  } finally {
    for (const phone of phones) await phone.close();
    await operators.context.clearPermissions();
  }
}

for (const adapter of ADAPTERS) {
  const story = (name, setting, tell) => test(`${adapter}: ${name}`, () => scene(adapter, setting, tell));

  story('a refused microphone is MICROPHONE_DENIED; allowed, the next call is heard', { flags: [...FAKE_DEVICE, '--deny-permission-prompts'], mended: true }, async (operator, customer) => {
    await failsWith('MICROPHONE_DENIED', operator, customer);
    await operator.tab.context().grantPermissions(['microphone']);
  });

  story('a permission that is taken back in mid-call is told at once; given again, the customer hears the operator again', { flags: [...FAKE_DEVICE, '--deny-permission-prompts'] }, async (operator, customer) => {
    const context = operator.tab.context();
    await context.grantPermissions(['microphone']);
    const theirs = await customer.dials(operator);
    const { callId } = await operator.rings();
    await operator.ask('answer', callId);
    await customer.sound(theirs, { speaks: true, hears: true });
    await context.clearPermissions();
    await until(async () => (await operator.reports()).some(({ code }) => code === 'MICROPHONE_DENIED'), { what: 'the permission\'s end to be told' });
    await customer.sound(theirs, { speaks: true, hears: false });
    await operator.sound(callId, { hears: true });
    await context.grantPermissions(['microphone']);
    await customer.sound(theirs, { speaks: true, hears: true });
    await customer.ask('hangUp', theirs);
    assert.deepEqual((await operator.told('ended', { callId })).cause, { by: 'remote' }, 'the call went on all the while');
    assert.deepEqual((await operator.reports()).map(({ code }) => code), ['MICROPHONE_DENIED'], 'told once');
  });

  story('a missing microphone is MICROPHONE_MISSING', { flags: [...FAKE_CONSENT, '--disable-audio-input'] }, async (operator, customer) => {
    await failsWith('MICROPHONE_MISSING', operator, customer);
  });

  story('a microphone that another program holds is MICROPHONE_UNREADABLE; let go, the next call is heard', { flags: [...FAKE_DEVICE, ...FAKE_CONSENT], mended: true }, async (operator, customer) => {
    // No flag makes Chromium's own device fail, so its answer is given in its place.
    await operator.page.evaluate(() => {
      const { mediaDevices } = navigator;
      const native = mediaDevices.getUserMedia.bind(mediaDevices);
      mediaDevices.getUserMedia = async () => {
        throw new DOMException('Could not start audio source', 'NotReadableError');
      };
      globalThis.letGo = () => (mediaDevices.getUserMedia = native);
    });
    await failsWith('MICROPHONE_UNREADABLE', operator, customer);
    await operator.page.evaluate(() => void letGo());
  });

  story('a page loaded by plain http is INSECURE_ORIGIN', { flags: [...FAKE_DEVICE, ...FAKE_CONSENT, '--host-resolver-rules=MAP insecure.test 127.0.0.1'], broken: { host: 'insecure.test' }, mended: {} }, async (operator, customer) => {
    await failsWith('INSECURE_ORIGIN', operator, customer);
  });

  story('a frame without allow="microphone" is FRAME_PERMISSION; a hidden one with it is heard', { flags: [...FAKE_DEVICE, ...FAKE_CONSENT], broken: { frame: '' }, mended: { frame: 'microphone' } }, async (operator, customer) => {
    await failsWith('FRAME_PERMISSION', operator, customer);
  });
}

test('a browser that plays nothing before a click is AUTOPLAY_BLOCKED, told once; after a click it plays', async () => {
  // Of its own, without the flag that permits sound; and asked quietly, for a question is a gesture.
  const chromium = await launchChromium();
  try {
    const page = await (await chromium.browser.newContext()).newPage();
    await page.goto(customers.base);
    const blocked = await evaluateQuietly(page, async () => {
      const { Speaker } = await import('/media/speaker.js');
      const told = (globalThis.told = []);
      const speaker = new Speaker((error) => told.push(error.code));
      const context = new AudioContext();
      addEventListener('pointerdown', () => void context.resume());
      const voice = context.createMediaStreamDestination().stream.getAudioTracks()[0];
      speaker.play(voice);
      speaker.play(voice);
      const audio = new Audio();
      audio.srcObject = new MediaStream([voice]);
      await audio.play().catch(() => {}); // refused by now, and so is what was asked before
      return told;
    });
    assert.deepEqual(blocked, ['AUTOPLAY_BLOCKED']);
    await evaluateQuietly(page, () => {
      globalThis.plays = new Promise((resolve) => {
        const native = HTMLMediaElement.prototype.play;
        HTMLMediaElement.prototype.play = function () {
          const started = native.call(this);
          started.then(() => resolve(true), () => {});
          return started;
        };
      });
    });
    await page.mouse.click(10, 10);
    assert.equal(await evaluateQuietly(page, () => plays), true);
  } finally {
    await chromium.close();
  }
});
