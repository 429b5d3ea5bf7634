// What can become of the tabs of one operator, as their frames and a SharedWorker of the handler live through it:
// measured from the handler's own server, which hears each of them once in a while.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, afterEach, before, beforeEach } from 'node:test';

import { Operator, startTwoPortals } from '../support/operator.mjs';
import { startSimulator, until } from '../support/servers.mjs';
import { test } from '../support/test.mjs';

/** The frame is born, ticks, and says what the browser tells it; its SharedWorker ticks. */
const FRAME = `<!doctype html><script>
  const me = 'frame-' + crypto.randomUUID();
  const say = (what) => navigator.sendBeacon('/say', JSON.stringify({ me, what, at: location.search }));
  const hub = new SharedWorker('/hub.js', { name: 'hub', extendedLifetime: true });
  hub.port.onmessage = ({ data }) => say('hub ' + data);
  setInterval(() => say('tick'), 200);
  for (const name of ['freeze', 'resume']) document.addEventListener(name, () => say(name));
  for (const name of ['pagehide', 'pageshow']) addEventListener(name, () => say(name));
  parent.postMessage({ b24worker: { state: 'ready', registered: true, seat: true, sound: true } }, '*');
  say('born');
</script>`;
const HUB = `
  const me = 'hub-' + crypto.randomUUID();
  setInterval(() => fetch('/say', { method: 'POST', body: JSON.stringify({ me, what: 'tick' }) }), 200);
  onconnect = ({ ports: [port] }) => port.postMessage(me);`;

let heard = [];
let server;
let simulator;
let operator;
before(async () => {
  server = createServer((request, response) => {
    if (request.url === '/say') {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk) => (body += chunk));
      request.on('end', () => {
        heard.push(JSON.parse(body));
        response.end();
      });
      return;
    }
    response.setHeader('content-type', request.url === '/hub.js' ? 'text/javascript' : 'text/html');
    response.end(request.url === '/hub.js' ? HUB : FRAME);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  simulator = await startSimulator({ handler: handler() });
});
beforeEach(async () => {
  heard = [];
  operator = await Operator.start({ simulator }, { cardMarkMs: 100 });
});
afterEach(() => operator.close());
after(async () => {
  await simulator?.stop();
  server.closeAllConnections();
  server.close();
});

const handler = () => `http://app.localhost:${server.address().port}/handler`;

/** Opens a tab and waits until its frame lives; the frame's name. */
async function open(path, options) {
  const known = new Set(heard.map(({ me }) => me));
  const tab = await operator.tab(path, options);
  const { me } = await until(() => heard.find(({ me, what }) => what === 'born' && !known.has(me)), { what: 'the frame' });
  return Object.assign(tab, { frameName: me });
}

/** Until somebody is heard `times` times more. */
function lives(name, times = 3) {
  const from = heard.length;
  return until(() => heard.slice(from).filter(({ me, what }) => me === name && what === 'tick').length >= times, { what: `${name} to be heard` });
}

/** Whether somebody is heard while somebody else is heard five times. Who is dead is not. */
async function isHeardBeside(name, witness) {
  const from = heard.length;
  await lives(witness, 5);
  return heard.slice(from).some(({ me, what }) => me === name && what === 'tick');
}

const hubs = () => [...new Set(heard.filter(({ what }) => what.startsWith('hub ')).map(({ what }) => what.slice(4)))];
const told = (name) => heard.filter(({ me, what }) => me === name && !['tick', 'born'].includes(what)).map(({ what }) => what);

test('two tabs and a slider are three frames and one SharedWorker, and the dock shows them all', async () => {
  const [a, b] = [await open(), await open('/crm/deal/details/7/')];
  const slider = await b.slider('/crm/lead/details/21/');
  assert.equal(slider.slider, true);
  await until(() => heard.filter(({ what }) => what === 'born').length === 3, { what: 'the slider’s frame' });
  assert.equal(hubs().length, 1);
  await b.api('POST', '/sim/calls', { PHONE_NUMBER: '+12025550123' });
  await a.front();
  await a.page.locator('[data-dock="tabs"]').click();
  for (const id of [a.id, b.id, slider.id]) await a.page.locator(`[data-tab="${id}"]`).waitFor();
  assert.equal(await a.page.locator(`[data-tab="${b.id}"] [data-tab-card="externalCard"]`).count(), 1);
  assert.match(await a.page.locator(`[data-tab="${a.id}"] [data-tab-frame]`).textContent(), /ready · registered/);
  assert.match(await a.page.locator(`[data-tab="${a.id}"] [data-tab-sound="flows"]`).textContent(), /seat/);
  assert.deepEqual((await a.state()).frames[0].told, { state: 'ready', registered: true, seat: true, sound: true });
  await b.closeSlider();
  await until(async () => (await a.api('GET', '/sim/pages')).length === 2, { what: 'the slider to close' });
});

test('a script takes a tab to another page, back, and reloads it', async () => {
  const tab = await open();
  const go = (how) => tab.api('POST', `/sim/pages/${tab.id}/go`, how);
  for (const [how, url] of [[{ path: '/crm/deal/details/7/' }, '/crm/deal/details/7/'], ['reload', '/crm/deal/details/7/'], ['back', '/']]) {
    const before = tab.id;
    await go(how);
    const page = await until(async () => {
      const pages = await tab.api('GET', '/sim/pages');
      return pages.length === 1 && pages[0].id !== before && pages[0].url && pages[0];
    }, { what: `the page after ${JSON.stringify(how)}` });
    assert.equal(page.url, url);
    tab.id = page.id;
  }
  await assert.rejects(go({ path: 'http://elsewhere.example/' }), /400.*path of the portal/);
  await assert.rejects(go('closeSlider'), /409.*no slider/);
});

test('a tab behind another can be frozen: its frame stands still, the SharedWorker does not', async () => {
  const [a, b] = [await open(), await open()];
  const [hub] = hubs();
  await lives(a.frameName);
  await a.freeze();
  await until(() => told(a.frameName).includes('freeze'), { what: 'the frame to be told' });
  assert.equal(await isHeardBeside(a.frameName, b.frameName), false);
  await lives(hub);
  await a.thaw();
  await lives(a.frameName);
  assert.ok(told(a.frameName).includes('resume'));
});

test('a page that crashes takes its own frame with it, and that is told so; the others live on', async () => {
  const [a, b] = [await open(), await open()];
  const [hub] = hubs();
  await a.crash();
  await until(() => told(a.frameName).includes('pagehide'), { what: 'the frame to be told' });
  assert.equal(await isHeardBeside(a.frameName, b.frameName), false);
  await lives(hub);
  await lives((await open()).frameName);
  assert.equal(hubs().length, 1);
});

test('the frames of all tabs live in one process, and it takes the SharedWorker with it when it crashes', async () => {
  const [a, b] = [await open(), await open()];
  const [hub] = hubs();
  await operator.crashFrames();
  const c = await open();
  for (const name of [a.frameName, b.frameName, hub]) assert.equal(await isHeardBeside(name, c.frameName), false);
  for (const { frameName } of [a, b]) assert.deepEqual(told(frameName).filter((what) => what === 'pagehide'), [], 'nobody was told');
  assert.equal(hubs().length, 2, 'the next page starts another');
  // The portal's pages know nothing of it, and can be used; a reload brings a frame back.
  assert.equal(await a.page.title(), 'Anna Keller · meridian');
  const from = heard.length;
  await a.reload();
  await until(() => heard.slice(from).some(({ what }) => what === 'born'), { what: 'another frame' });
});

test('the SharedWorker can be ended alone', async () => {
  const tab = await open();
  const [hub] = hubs();
  await operator.endSharedWorkers();
  assert.equal(await isHeardBeside(hub, tab.frameName), false);
});

test('a tab that is closed or discarded is told so, and what comes back is a new page', async () => {
  const [a, b] = [await open(), await open()];
  await a.discard();
  await until(() => told(a.frameName).includes('pagehide'), { what: 'the frame to be told' });
  assert.equal(await isHeardBeside(a.frameName, b.frameName), false);
  const again = await a.comeBackTo();
  assert.notEqual(again.id, a.id);
});

test('a browser that is killed tells nobody, and starts again with what it had stored', async () => {
  const tab = await open();
  await tab.page.evaluate(keep);
  await lives(tab.frameName);
  await operator.kill();
  await until(async () => (await simulator.api('GET', '/sim/pages')).length === 0, { what: 'the page to be gone' });
  assert.deepEqual(told(tab.frameName).filter((what) => what === 'pagehide'), []);
  await operator.restart();
  const again = await open();
  await lives(again.frameName);
  assert.equal(await again.page.evaluate(kept), 'this');
});

const keep = () => new Promise((resolve, reject) => {
  const asked = indexedDB.open('store');
  asked.onupgradeneeded = () => asked.result.createObjectStore('all');
  asked.onsuccess = () => {
    const transaction = asked.result.transaction('all', 'readwrite', { durability: 'strict' });
    transaction.objectStore('all').put('this', 'kept');
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  };
});

const kept = () => new Promise((resolve, reject) => {
  const asked = indexedDB.open('store');
  asked.onsuccess = () => {
    const found = asked.result.transaction('all').objectStore('all').get('kept');
    found.onsuccess = () => resolve(found.result);
    found.onerror = () => reject(found.error);
  };
});

test('two employees, each with a browser of their own', async (t) => {
  const marco = await Operator.start({ simulator }, { user: 2, cardMarkMs: 100 });
  t.after(() => marco.close());
  await open();
  await marco.tab();
  const users = async () => (await simulator.api('GET', '/sim/pages')).map(({ user }) => user).toSorted();
  assert.deepEqual(await users(), [1, 2]);
  await until(() => hubs().length === 2, { what: 'a SharedWorker in each browser' });
});

test('two portals of one site share a SharedWorker of the same name, though they are two accounts', async (t) => {
  const portals = await startTwoPortals({ handler: handler() });
  t.after(() => portals.stop());
  const [a, b] = [await open('/', { simulator: portals.simulators[0] }), await open('/', { simulator: portals.simulators[1] })];
  await until(() => [a, b].every(({ frameName }) => told(frameName).some((what) => what.startsWith('hub '))), { what: 'both to meet it' });
  assert.equal(hubs().length, 1);
  const asked = new Set(heard.filter(({ at }) => at).map(({ at }) => new URLSearchParams(at).get('DOMAIN').split('.')[0]));
  assert.deepEqual([...asked].toSorted(), ['a', 'b']);
});
