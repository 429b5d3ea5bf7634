// The buttons of a headset: read out of reports as devices describe them, and what a press means as the call stands.

import assert from 'node:assert/strict';

import { headset } from '../../www/media/headset.js';
import { pressed, report } from '../../www/media/hid.js';
import { test } from '../support/test.mjs';

const [HOOK, MUTE, FLASH] = [0x0b0020, 0x0b002f, 0x0b0021];
const [OFF_HOOK, RING, MUTED, HOLD] = [0x080017, 0x080018, 0x080009, 0x080020];

const item = (fields) => ({ reportSize: 1, reportCount: 1, isConstant: false, isArray: false, isRange: false, usages: [], ...fields });

/** As a common USB headset describes itself: hook and mute with others in between, after three bits of volume keys. */
const COLLECTIONS = [
  { usagePage: 0x0c, usage: 1, children: [], inputReports: [{ reportId: 1, items: [item({ usages: [0x0c00e9, 0x0c00ea], reportCount: 2 })] }], outputReports: [] },
  {
    usagePage: 0x0b, usage: 5, inputReports: [], outputReports: [{ reportId: 2, items: [
      item({ usages: [OFF_HOOK, MUTED, RING, HOLD], reportCount: 4 }), item({ isConstant: true, reportCount: 4 })] }],
    children: [{ usagePage: 0x0b, usage: 0x20, children: [], outputReports: [], inputReports: [{ reportId: 2, items: [
      item({ usages: [FLASH] }), item({ isConstant: true, usages: [HOLD], reportCount: 2 }), item({ usages: [HOOK] }), item({ usages: [MUTE] }), item({ isConstant: true, reportCount: 3 })] }] }],
  },
];

const view = (...bytes) => new DataView(Uint8Array.from(bytes).buffer);

for (const [what, byte, down] of [
  ['nothing', 0, { [FLASH]: false, [HOOK]: false, [MUTE]: false }],
  ['the hook', 0b01000, { [FLASH]: false, [HOOK]: true, [MUTE]: false }],
  ['hook and mute', 0b11000, { [FLASH]: false, [HOOK]: true, [MUTE]: true }],
]) {
  test(`a report that says ${what} is read by the device's own description`, () => assert.deepEqual(pressed(COLLECTIONS, 2, view(byte)), down));
}

test('a report that the device describes as a list of usages is read as one', () => {
  const list = [{ usagePage: 0x0b, inputReports: [{ reportId: 0, items: [item({ isArray: true, isRange: true, usageMinimum: HOOK, usageMaximum: MUTE, reportSize: 8, logicalMinimum: 1 })] }] }];
  assert.equal(pressed(list, 0, view(1))[HOOK], true);
  assert.equal(pressed(list, 0, view(0x10))[MUTE], true);
  assert.equal(pressed(list, 0, view(0))[HOOK], false);
});

test('a report nobody has described, or that is cut short, says nothing', () => {
  assert.equal(pressed(COLLECTIONS, 9, view(255)), undefined);
  assert.deepEqual(pressed(COLLECTIONS, 2, view()), { [FLASH]: false, [HOOK]: false, [MUTE]: false });
});

test('lamps are lit where the device has them', () => {
  const [{ reportId, data }] = report(COLLECTIONS, { [OFF_HOOK]: true, [RING]: false, [MUTED]: true });
  assert.deepEqual([reportId, [...data]], [2, [0b0011]]);
  assert.deepEqual(report([], { [RING]: true }), []);
});

/** A headset, a worker with a call that stands so, and what is asked of it. */
async function scene(call) {
  const asked = [];
  const heard = {};
  const worker = {
    call,
    on: (name, listener) => ((heard[name] = listener), () => delete heard[name]),
    answer: async () => void asked.push('answer'),
    hangUp: async () => void asked.push('hangUp'),
    setMuted: async (muted) => void asked.push(`muted ${muted}`),
  };
  const device = Object.assign(new EventTarget(), { opened: false, collections: COLLECTIONS, lamps: [], async open() { this.opened = true; }, async sendReport(_, [byte]) { this.lamps.push(byte); } });
  const hid = Object.assign(new EventTarget(), { getDevices: async () => [device], requestDevice: async () => [device] });
  const keys = {};
  const it = await headset(worker, { hid, mediaSession: { setActionHandler: (name, act) => (keys[name] = act) } });
  const says = (byte) => device.dispatchEvent(Object.assign(new Event('inputreport'), { reportId: 2, data: view(byte) }));
  return { worker, asked, device, hid, keys, it, says, heard };
}

const [UP, OFF, MUTE_DOWN] = [0, 0b01000, 0b11000];

test('the hook is lifted while a call rings: it is answered; put down: hung up', async () => {
  const { worker, asked, says } = await scene({ state: 'ringing', direction: 'incoming', muted: false });
  says(OFF);
  worker.call = { state: 'connected', direction: 'incoming', muted: false };
  says(UP);
  assert.deepEqual(asked, ['answer', 'hangUp']);
});

test('the mute button mutes once a press, and takes it off again', async () => {
  const { worker, asked, says } = await scene({ state: 'connected', direction: 'incoming', muted: false });
  says(OFF);
  says(MUTE_DOWN);
  says(OFF);
  worker.call = { ...worker.call, muted: true };
  says(MUTE_DOWN);
  assert.deepEqual(asked, ['muted true', 'muted false']);
});

test('buttons that mean nothing as the call stands ask for nothing', async () => {
  const { asked, says } = await scene(undefined);
  for (const byte of [OFF, UP, MUTE_DOWN, UP]) says(byte);
  assert.deepEqual(asked, []);
});

test('the lamps follow the call, and a headset that comes later is told how it stands', async () => {
  const { worker, device, hid, heard, it } = await scene({ state: 'ringing', direction: 'incoming', muted: false });
  assert.deepEqual(device.lamps, [0b0100]);
  worker.call = { state: 'connected', direction: 'incoming', muted: true };
  heard.callchanged();
  assert.equal(device.lamps.at(-1), 0b0011);
  hid.dispatchEvent(Object.assign(new Event('disconnect'), { device }));
  assert.equal(it.connected, 0);
  hid.dispatchEvent(Object.assign(new Event('connect'), { device }));
  await new Promise(setImmediate);
  assert.equal(it.connected, 1);
  assert.equal(device.lamps.at(-1), 0b0011);
  it.stop();
  assert.deepEqual(Object.keys(heard), []);
});

test('the keys that Media Session knows hang up and mute', async () => {
  const { asked, keys, it } = await scene({ state: 'connected', direction: 'incoming', muted: false });
  keys.togglemicrophone();
  keys.hangup();
  assert.deepEqual(asked, ['muted true', 'hangUp']);
  it.stop();
  assert.equal(keys.hangup, null);
});

test('a frame that may not is told, and calls go on', async () => {
  const problems = [];
  const hid = Object.assign(new EventTarget(), { getDevices: async () => { throw new DOMException('blocked by permissions policy', 'SecurityError'); } });
  await headset({ on: () => () => {} }, { hid, mediaSession: undefined, report: ({ code }) => problems.push(code) });
  await headset({ on: () => () => {} }, { hid: undefined, mediaSession: undefined });
  assert.deepEqual(problems, ['HEADSET']);
});
