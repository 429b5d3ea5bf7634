// Microphones and speakers that are chosen, pulled out and plugged in again, in the middle of calls.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { isAnother, systemMicrophone } from '../../www/media/devices.js';
import { openBench } from '../support/sip-bench.mjs';
import { Story } from '../support/sip-story.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

const input = (deviceId, groupId, label = deviceId) => ({ kind: 'audioinput', deviceId, groupId, label });
const BUILT_IN = input('b', 'board');
const HEADSET = input('h', 'headset');
/** As Chromium lists them: the system's choice once more, by this name. */
const system = (one) => ({ ...one, deviceId: 'default' });

for (const [what, devices, open, wanted, another] of [
  ['nothing has changed', [system(BUILT_IN), BUILT_IN], { deviceId: 'default', system: 'board' }, undefined, false],
  ['the system takes another', [system(HEADSET), BUILT_IN, HEADSET], { deviceId: 'default', system: 'board' }, undefined, true],
  ['a headset comes, which the system does not take', [system(BUILT_IN), BUILT_IN, HEADSET], { deviceId: 'default', system: 'board' }, undefined, false],
  ['the headset that was chosen comes back', [system(BUILT_IN), BUILT_IN, HEADSET], { deviceId: 'default', system: 'board' }, { id: 'h', label: 'h' }, true],
  ['it comes back under another id', [system(BUILT_IN), BUILT_IN, { ...HEADSET, deviceId: 'h2' }], { deviceId: 'default', system: 'board' }, { id: 'h', label: 'h' }, true],
  ['the system takes another, and the chosen one is spoken into', [system(HEADSET), BUILT_IN, HEADSET], { deviceId: 'b', system: 'board' }, { id: 'b', label: 'b' }, false],
  ['the chosen one is away, and the system takes another', [system(HEADSET), HEADSET], { deviceId: 'default', system: 'board' }, { id: 'x', label: 'x' }, true],
  ['a browser that lists the system\'s first', [HEADSET, BUILT_IN], { deviceId: 'b', system: 'board' }, undefined, true],
  ['a browser that told nothing when it was opened', [system(BUILT_IN), BUILT_IN], { deviceId: 'default', system: '' }, undefined, false],
  ['a browser that tells nothing any more', [input('', '', '')], { deviceId: 'default', system: 'board' }, undefined, false],
  ['a browser that tells nothing', [input('', '', '')], { deviceId: '', system: '' }, undefined, false],
]) {
  test(`${what}: ${another ? 'another microphone is taken' : 'the microphone stays'}`, () => {
    assert.equal(isAnother(devices, open, wanted), another);
  });
}

test('of no microphone nothing is known', () => assert.equal(systemMicrophone([]), ''));

const bench = await openBench({ fakeDevices: false, flags: ['--use-fake-device-for-media-stream=device-count=3', '--use-fake-ui-for-media-stream'] });
after(() => bench.close());

/** In the page: its devices can be pulled out and plugged in, and which is the system's is ours to say. */
function playDevices() {
  const { mediaDevices } = navigator;
  const list = mediaDevices.enumerateDevices.bind(mediaDevices);
  const ask = mediaDevices.getUserMedia.bind(mediaDevices);
  const away = new Set();
  let first;
  mediaDevices.enumerateDevices = async () => {
    const all = (await list()).filter(({ kind, label, deviceId }) => !(kind === 'audioinput' && (away.has(label) || deviceId === 'default')));
    const systems = all.find(({ kind, label }) => kind === 'audioinput' && (!first || label === first));
    return systems ? [{ kind: 'audioinput', deviceId: 'default', groupId: systems.groupId || systems.label, label: `Default - ${systems.label}` }, ...all] : all;
  };
  const heard = (globalThis.spokenInto = []);
  mediaDevices.getUserMedia = async ({ audio }) => {
    const all = (await list()).filter(({ kind, label }) => kind === 'audioinput' && !away.has(label));
    const wanted = audio.deviceId?.exact;
    const device = wanted ? all.find(({ deviceId }) => deviceId === wanted) : (all.find(({ label }) => label === first) ?? all.find(({ deviceId }) => deviceId !== 'default'));
    if (!device) throw new OverconstrainedError('deviceId');
    const stream = await ask({ audio: { deviceId: { exact: device.deviceId } } });
    heard.push(stream.getAudioTracks()[0]);
    return stream;
  };
  globalThis.microphoneNow = () => heard.filter(({ readyState }) => readyState === 'live').map(({ label }) => label);
  globalThis.plug = (label, is) => {
    if (is) away.delete(label);
    else {
      away.add(label);
      for (const track of heard.filter((it) => it.label === label && it.readyState === 'live')) {
        track.stop();
        track.dispatchEvent(new Event('ended'));
      }
    }
    mediaDevices.dispatchEvent(new Event('devicechange'));
  };
  globalThis.systemTakes = (label) => {
    first = label;
    mediaDevices.dispatchEvent(new Event('devicechange'));
  };
}

const choose = (page, change) => page.evaluate(async (change) => (await import('/media/choice.js')).choose(change), change);

for (const adapter of ['jssip', 'sipjs']) {
  const story = (name, tell) => test(`${adapter}: ${name}`, async () => {
    const story = new Story(adapter, bench);
    const page = await bench.open();
    try {
      await tell(story, page);
      await story.endsClean();
    } finally {
      await page.evaluate(() => localStorage.clear());
      await bench.leave(page);
      await story.close();
    }
  });

  /** The operator talks to the customer; `other` is another page of the operator's, as the one in the contact centre. */
  const talks = async (story) => {
    const [operator, customer] = await story.phones('operator', 'customer');
    await operator.page.evaluate(playDevices);
    const [mine, theirs] = await story.talk(operator, customer);
    const labels = await operator.page.evaluate(async () => (await navigator.mediaDevices.enumerateDevices()).filter(({ kind, deviceId }) => kind === 'audioinput' && deviceId !== 'default').map(({ label, deviceId }) => ({ label, id: deviceId })));
    assert.ok(labels.length >= 2, JSON.stringify(labels));
    const speaksInto = (label) => until(async () => {
      const now = await operator.page.evaluate(() => microphoneNow());
      if (now.length === 1 && now[0] === label) return true;
      throw new Error(JSON.stringify(now));
    }, { what: `${label} to be spoken into, and nothing else` });
    return { operator, customer, mine, theirs, labels, speaksInto };
  };

  story('a microphone that is chosen in the contact centre is spoken into at once, and in the next call', async (story, page) => {
    const { operator, customer, mine, theirs, labels: [, second], speaksInto } = await talks(story);
    await choose(page, { microphone: second });
    await speaksInto(second.label);
    await Promise.all([story.hear(operator, mine), story.hear(customer, theirs)]);
    await story.goodbye(operator, mine, customer, theirs);
    const [again, there] = await story.talk(customer, operator);
    await speaksInto(second.label);
    await story.goodbye(customer, again, operator, there);
  });

  story('the chosen headset is pulled out and plugged in again: the call goes on by another, and then by it', async (story, page) => {
    const { operator, customer, mine, theirs, labels: [first, second], speaksInto } = await talks(story);
    await choose(page, { microphone: second });
    await speaksInto(second.label);
    await operator.ask('setMuted', mine, true);
    await operator.page.evaluate((label) => plug(label, false), second.label);
    await speaksInto(first.label);
    await customer.sound(theirs, { hears: false }); // as muted as it was
    await operator.ask('setMuted', mine, false);
    await operator.page.evaluate((label) => plug(label, true), second.label);
    await speaksInto(second.label);
    await story.hear(customer, theirs);
    await story.goodbye(operator, mine, customer, theirs);
  });

  story('the system takes another microphone, and so does a call that nobody has chosen one for', async (story) => {
    const { operator, customer, mine, theirs, labels: [first, second], speaksInto } = await talks(story);
    await speaksInto(first.label);
    await operator.page.evaluate((label) => systemTakes(label), second.label);
    await speaksInto(second.label);
    await story.hear(customer, theirs);
    await story.goodbye(operator, mine, customer, theirs);
  });

  story('a speaker that is chosen is heard by, and a frame that may not choose says so once', async (story, page) => {
    const operator = await story.phone('operator');
    const framed = await story.phone('framed', {}, { frame: 'microphone; autoplay' });
    for (const phone of [operator, framed]) {
      await phone.page.evaluate(() => {
        globalThis.heardBy = [];
        const set = HTMLMediaElement.prototype.setSinkId;
        HTMLMediaElement.prototype.setSinkId = async function (id) {
          await set.call(this, id);
          heardBy.push(id);
        };
      });
    }
    const [mine, theirs] = await story.talk(operator, framed);
    const speakers = await operator.page.evaluate(async () => (await navigator.mediaDevices.enumerateDevices()).filter(({ kind, deviceId }) => kind === 'audiooutput' && deviceId !== 'default').map(({ label, deviceId }) => ({ label, id: deviceId })));
    const speaker = speakers.at(-1);
    assert.ok(speaker, 'there is a speaker to choose');
    await choose(page, { speaker });
    await until(async () => (await operator.page.evaluate(() => heardBy)).at(-1) === speaker.id, { what: 'the speaker to be heard by' });
    await story.hear(operator, mine);
    await framed.page.evaluate(async (speaker) => (await import('/media/choice.js')).choose({ speaker }), speaker);
    await story.goodbye(operator, mine, framed, theirs);
    for (let i = 0; i < 2; i++) {
      const [one, other] = await story.talk(operator, framed);
      await story.goodbye(operator, one, framed, other);
    }
    assert.deepEqual((await framed.reports()).map(({ code }) => code), ['SPEAKER_REFUSED']);
  });
}
