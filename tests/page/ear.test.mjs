// The ear of the handler page, before a portal's page that says what it wants, and beside frames of strangers.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after } from 'node:test';

import { evaluateQuietly, launchShell } from '../support/browser.mjs';
import { EVENTS } from '../support/portal.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

const MODULES = Object.fromEntries(['/ear.js', '/frame.js'].map((path) => [path, readFileSync(new URL(`../../www${path}`, import.meta.url))]));
const SID = '0123456789abcdef0123456789abcdef';

/** A portal's page: keeps what its frames say, and answers when it is told to. */
const PORTAL = `<!doctype html><title>portal</title><script>
  const said = [];
  addEventListener('message', ({ data }) => said.push(data));
  const say = (frame, data) => document.getElementById(frame).contentWindow.postMessage(data, '*');
</script>`;

const server = createServer((request, response) => {
  const page = request.url === '/portal' ? PORTAL : '<!doctype html>';
  const [kind, body] = MODULES[request.url] ? ['text/javascript', MODULES[request.url]] : ['text/html', page];
  response.setHeader('content-type', kind).setHeader('access-control-allow-origin', '*').end(body);
});
const port = await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
const chromium = await launchShell();
after(async () => {
  await chromium.close();
  server.close();
});

function story(name, tell) {
  test(name, async () => {
    const context = await chromium.browser.newContext();
    const page = await context.newPage();
    try {
      await page.goto(`http://portal.localhost:${port}/portal`);
      const portal = new Portal(page);
      await portal.opens('worker', `portal.localhost:${port}|0|${SID}`);
      await tell(portal);
    } finally {
      await context.close();
    }
  });
}

class Portal {
  constructor(page) {
    this.page = page;
  }

  /** A frame with an ear in it. */
  async opens(id, name) {
    await this.page.evaluate(([id, name, src]) => new Promise((resolve) => {
      const frame = Object.assign(document.createElement('iframe'), { id, name, src, onload: resolve });
      frame.style.display = 'none';
      document.body.append(frame);
    }), [id, name, `http://app.localhost:${port}/${id}`]);
    this[id] = this.page.frames().find((frame) => frame.url().endsWith(`/${id}`));
    await evaluateQuietly(this[id], async () => {
      const { listen } = await import('/ear.js');
      globalThis.ear = listen();
      globalThis.again = listen();
      globalThis.heard = [];
    });
  }

  said(command) {
    return this.page.evaluate((command) => said.filter((text) => String(text).startsWith(`${command}:`)), command);
  }

  /** The callback of its newest question for the interface, once it has asked so often. */
  async asked(times = 1) {
    const all = await until(async () => (await this.said('getInterface')).length >= times && this.said('getInterface'), { what: 'the ear to ask' });
    return all.at(-1).split(':').at(-2);
  }

  async answers(event, times = 1) {
    await this.says(`${await this.asked(times)}:${JSON.stringify({ command: [], event })}`);
  }

  says(data) {
    return this.page.evaluate((data) => say('worker', data), data);
  }

  /** The callback under which each event is bound, in order. */
  async bound() {
    const binds = await until(async () => (await this.said('placementBindEvent')).length >= EVENTS.length && this.said('placementBindEvent'), {
      what: 'the ear to bind',
    });
    return binds.map((text) => text.split(':').at(-2));
  }

  /** The worker takes over; what it has heard then, once it has heard so much. */
  takes(list = 'heard') {
    return evaluateQuietly(this.worker, (list) => {
      globalThis[list] ??= [];
      ear.take((...event) => globalThis[list].push(event), () => globalThis[list].push(['bound']));
    }, list);
  }

  async hears(count, list = 'heard') {
    return until(async () => {
      const heard = await evaluateQuietly(this.worker, (list) => globalThis[list], list);
      return heard.length >= count && heard;
    }, { what: `the worker to hear ${count} event(s)` });
  }
}

story('nothing is bound before the page has published all seventeen; then each is bound once, however often it is answered', async (portal) => {
  await portal.answers([]);
  await portal.answers(EVENTS.slice(0, -1), 2);
  await portal.asked(3);
  assert.deepEqual(await portal.said('placementBindEvent'), []);
  await portal.answers(EVENTS, 3);
  await portal.answers(EVENTS, 3);
  const names = (await portal.said('placementBindEvent')).map((text) => JSON.parse(text.slice(text.indexOf(':') + 1, text.indexOf('}') + 1)).event);
  assert.deepEqual(names, EVENTS);
  assert.equal(new Set(await portal.bound()).size, EVENTS.length, 'each by a callback of its own');
});

story('what happens before the worker is there is told to it in order, and what happens later as it comes', async (portal) => {
  await portal.answers(EVENTS);
  const [initialized, , mute] = await portal.bound();
  await portal.says(`${initialized}:{"CALL_ID":"c1"}`);
  await portal.says(`${mute}:{"muted":true}`);
  await portal.takes();
  await portal.says(`${mute}:`);
  assert.deepEqual(await portal.hears(4), [
    [EVENTS[0], { CALL_ID: 'c1' }], [EVENTS[2], { muted: true }], ['bound'],
    [EVENTS[2], []], // BX24.js makes the same of nothing
  ]);
});

story('a worker that takes over before the events are published is told when they are bound, and once', async (portal) => {
  await portal.takes();
  await portal.answers(EVENTS);
  const [initialized] = await portal.bound();
  await portal.says(`${initialized}:{"CALL_ID":"c1"}`);
  assert.deepEqual(await portal.hears(2), [['bound'], [EVENTS[0], { CALL_ID: 'c1' }]]);
});

story('the next worker of the page hears what the one before it heard no more', async (portal) => {
  await portal.answers(EVENTS);
  const [initialized] = await portal.bound();
  await portal.takes();
  await portal.takes('second');
  await portal.says(`${initialized}:{"CALL_ID":"c2"}`);
  assert.deepEqual(await portal.hears(2, 'second'), [['bound'], [EVENTS[0], { CALL_ID: 'c2' }]]);
  assert.deepEqual(await portal.hears(1), [['bound']]);
  assert.equal((await portal.bound()).length, EVENTS.length, 'nothing is bound again');
});

story('whoever is not the portal is not heard, though they know the callback; nor is what is no message', async (portal) => {
  await portal.answers(EVENTS);
  const [initialized] = await portal.bound();
  await portal.takes();
  await portal.opens('stranger', 'other.example|1|ffff');
  await evaluateQuietly(portal.stranger, ([id]) => parent.frames[0].postMessage(`${id}:{"CALL_ID":"forged"}`, '*'), [initialized]);
  await evaluateQuietly(portal.worker, ([id]) => postMessage(`${id}:{"CALL_ID":"forged"}`, '*'), [initialized]);
  for (const odd of [`${initialized}:{"CALL_ID`, `${initialized}99:{}`, initialized, { id: initialized }, null, 7]) await portal.says(odd);
  await portal.says(`${initialized}:{"CALL_ID":"c1"}`);
  assert.deepEqual(await portal.hears(2), [['bound'], [EVENTS[0], { CALL_ID: 'c1' }]]);
});

story('a page has one ear; a frame that no portal named has none', async (portal) => {
  await portal.opens('nameless', '');
  assert.deepEqual(await evaluateQuietly(portal.worker, () => [ear === again, typeof ear]), [true, 'object']);
  assert.equal(await evaluateQuietly(portal.nameless, () => typeof ear), 'undefined');
});
