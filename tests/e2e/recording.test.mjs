// Calls that are recorded: what the portal gets, what it refuses, and what a closed page leaves.

import assert from 'node:assert/strict';
import { story } from '../support/story.mjs';
import { until } from '../support/until.mjs';

const RECORDED = { host: { args: ['--record'] } };
/** A note of the phrase that each end of the loopback softphone plays, and one that neither does. */
const [OPERATOR_HZ, CUSTOMER_HZ, NOBODY_HZ] = [330, 440, 1200];
/** Of Firefox's own microphone. */
const MICROPHONE_HZ = 1000;
/** Of the tone by which both sides hear that they are recorded. */
const TONE_HZ = 1400;

story('a recorded call is attached to its record as a wav in which both sides are heard', RECORDED, async (portal) => {
  await portal.talks();
  await until(async () => (await rows(portal, 'chunks')) >= 3, { what: 'three seconds to be recorded' });
  await portal.press('hangup');
  await portal.recorded();
  const wav = parse(await record(portal));
  assert.equal(wav.channels, 1);
  assert.equal(wav.bits, 16);
  const seconds = wav.samples.length / wav.rate;
  assert.ok(seconds >= 3 && seconds < 60, `it has ${seconds} s`);
  const noise = level(wav, NOBODY_HZ);
  assert.ok(level(wav, OPERATOR_HZ) > 20 * noise, 'the operator is heard');
  assert.ok(level(wav, CUSTOMER_HZ) > 20 * noise, 'the customer is heard');
  await until(async () => (await rows(portal, 'calls')) + (await rows(portal, 'chunks')) === 0, { what: 'nothing to be left on the disk' });
});

story('an unrecorded worker attaches nothing', {}, async (portal) => {
  await portal.talks();
  await portal.press('hangup');
  await portal.recorded();
  assert.deepEqual((await portal.calls()).map(({ record }) => record), [null]);
});

story('both sides hear that they are recorded, where that is wanted; what is said while it pauses is on no record', {
  host: { args: ['--record', '--record-options', '{"toneSeconds":1}'] },
}, async (portal) => {
  await portal.talks();
  await until(async () => (await rows(portal, 'chunks')) >= 2, { what: 'two seconds to be recorded' });
  const seconds = () => portal.ask(() => new Promise((resolve) => {
    const off = b24worker.worker.on('quality', () => (off(), resolve(true)));
  }));
  await portal.ask(() => b24worker.recording.then((it) => it.pause()));
  await seconds(); // what was under way
  const before = await rows(portal, 'chunks');
  for (let i = 0; i < 3; i++) await seconds();
  assert.equal(await rows(portal, 'chunks'), before, 'nothing is kept');
  await portal.ask(() => b24worker.recording.then((it) => it.resume()));
  await until(async () => (await rows(portal, 'chunks')) > before, { what: 'it to go on' });
  await portal.sound({ speaks: true, hears: true });
  await portal.press('hangup');
  await portal.recorded();
  const wav = parse(await record(portal));
  // What is recorded of the operator is what the customer is sent.
  assert.ok(level(wav, TONE_HZ) > 20 * level(wav, NOBODY_HZ), 'the tone is heard');
});

story('a call that lasts longer than is to be recorded is recorded so far, and goes on', {
  host: { args: ['--record', '--record-options', '{"maxMinutes":0.05}'] },
}, async (portal) => {
  await portal.talks();
  await until(async () => (await rows(portal, 'chunks')) >= 3, { what: 'three seconds to be recorded' });
  await until(() => portal.ask(() => {
    globalThis.seconds ??= (b24worker.worker.on('quality', () => globalThis.seconds++), 0);
    return globalThis.seconds >= 3;
  }), { what: 'three seconds more' });
  await portal.sound({ speaks: true, hears: true });
  await portal.press('hangup');
  await portal.recorded();
  const { samples, rate } = parse(await record(portal));
  assert.equal(samples.length / rate, 3);
});

story('where a browser lets only a context of the device\'s own rate listen, as older Firefox does, both sides are recorded all the same', RECORDED, async (portal) => {
  await portal.ask(() => {
    const context = new AudioContext();
    const { sampleRate } = context;
    void context.close();
    const native = AudioContext.prototype.createMediaStreamSource;
    AudioContext.prototype.createMediaStreamSource = function (stream) {
      if (this.sampleRate === sampleRate) return native.call(this, stream);
      globalThis.refused = true;
      throw new DOMException('another rate', 'NotSupportedError');
    };
  });
  await portal.talks();
  await until(async () => (await rows(portal, 'chunks')) >= 3, { what: 'three seconds to be recorded' });
  assert.equal(await portal.ask(() => refused), true);
  await portal.press('hangup');
  await portal.recorded();
  const wav = parse(await record(portal));
  assert.equal(wav.rate, 8000);
  const noise = level(wav, NOBODY_HZ);
  for (const hz of [OPERATOR_HZ, CUSTOMER_HZ]) assert.ok(level(wav, hz) > 20 * noise, `${hz} Hz are heard`);
});

// The Chromium of these stories has no microphone.
if (process.env.B24_BROWSER === 'firefox') {
  story('a microphone, which has the rate of its device, is recorded in Firefox', RECORDED, async (portal) => {
    await portal.talks();
    await until(async () => (await rows(portal, 'chunks')) >= 2, { what: 'two seconds to be recorded' });
    await portal.ask(async () => {
      const [track] = (await navigator.mediaDevices.getUserMedia({ audio: true })).getAudioTracks();
      await b24worker.softphone.peerConnection(b24worker.worker.call.phoneCallId).getSenders()[0].replaceTrack(track);
      globalThis.microphone = track;
    });
    const before = await rows(portal, 'chunks');
    await until(async () => (await rows(portal, 'chunks')) >= before + 4, { what: 'four seconds of it to be recorded' });
    await portal.ask(() => microphone.stop());
    await portal.press('hangup');
    await portal.recorded();
    const wav = parse(await record(portal));
    assert.ok(level(wav, MICROPHONE_HZ) > 20 * level(wav, NOBODY_HZ), 'the microphone is heard');
    assert.deepEqual((await portal.diagnostics()).errors, []);
  });
}

story('the upload fails for a while: the record is attached when it works again', {
  ...RECORDED, faults: { rest: { 'telephony.externalCall.attachRecord': { status: 400, error: 'QUERY_LIMIT_EXCEEDED', times: 2 } } },
}, async (portal) => {
  await portal.talks();
  await portal.press('hangup');
  await portal.recorded();
  assert.ok((await record(portal)).length > 1000);
});

story('the portal refuses the upload: the record goes inside a request', {
  ...RECORDED, faults: { rest: { upload: { status: 403 } } },
}, async (portal) => {
  await portal.talks();
  await portal.press('hangup');
  await portal.recorded();
  await until(async () => (await portal.calls())[0].record !== null, { what: 'the record to be attached' });
});

story('the portal refuses the record: that is told, and the next call rings', {
  ...RECORDED, faults: { rest: { 'telephony.externalCall.attachRecord': { status: 400, error: 'ERROR_CORE' } } },
}, async (portal) => {
  await portal.talks();
  await portal.press('hangup');
  await portal.recorded();
  await until(async () => (await portal.diagnostics()).errors.find(({ code }) => code === 'RECORD_REFUSED'), { what: 'RECORD_REFUSED' });
  assert.equal(await rows(portal, 'calls'), 1, 'the record is kept');
  await portal.api('PUT', '/sim/faults', { rest: {} });
  await portal.talks();
  await portal.press('hangup');
  await portal.recorded(2);
});

story('what a closed page left is attached by the next one', {
  ...RECORDED, faults: { rest: { 'telephony.externalCall.attachRecord': { status: 400, error: 'QUERY_LIMIT_EXCEEDED' } } },
}, async (portal) => {
  await portal.talks();
  await portal.press('hangup');
  await portal.recorded();
  await until(async () => (await portal.diagnostics()).errors.find(({ code }) => code === 'RECORDING'), { what: 'a failed attempt' });
  await portal.api('PUT', '/sim/faults', { rest: {} });
  await portal.page.reload();
  portal.id = await portal.page.evaluate(() => document.documentElement.dataset.page);
  await portal.ready();
  assert.ok((await record(portal)).length > 1000);
});

/** The uploaded file, once it is there. */
async function record(portal) {
  const call = await until(async () => (await portal.calls()).find(({ recordBytes }) => recordBytes), { what: 'a record' });
  const { port } = new URL(portal.stack.simulator.url);
  const response = await fetch(`http://127.0.0.1:${port}/sim/calls/${encodeURIComponent(call.CALL_ID)}/record`);
  return Buffer.from(await response.arrayBuffer());
}

/** How many rows the frame's disk has: a row a call, a row a second of it. */
const rows = (portal, table) =>
  portal.ask(async (table) => {
    const done = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: reject }));
    const { name } = (await indexedDB.databases()).find(({ name }) => name.startsWith('b24-call-worker-records')) ?? {};
    if (!name) return 0;
    const db = await done(indexedDB.open(name));
    try {
      return await done(db.transaction(table).objectStore(table).count());
    } finally {
      db.close();
    }
  }, table);

function parse(wav) {
  assert.equal(wav.toString('latin1', 0, 4), 'RIFF');
  assert.equal(wav.toString('latin1', 8, 16), 'WAVEfmt ');
  assert.equal(wav.readUInt32LE(4), wav.length - 8);
  assert.equal(wav.readUInt32LE(40), wav.length - 44);
  const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length));
  return { channels: wav.readUInt16LE(22), rate: wav.readUInt32LE(24), bits: wav.readUInt16LE(34), samples };
}

/** How strong one frequency is (Goertzel). */
function level({ samples, rate }, hz) {
  const factor = 2 * Math.cos((2 * Math.PI * hz) / rate);
  let [before, last] = [0, 0];
  for (const sample of samples) [before, last] = [last, sample / 32768 + factor * last - before];
  return Math.sqrt(before ** 2 + last ** 2 - factor * before * last) / samples.length;
}
