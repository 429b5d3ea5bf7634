// The package in Chromium: served by http as it was installed, started from a plain page in two tabs, with a
// portal that is little more than BX24.js's functions.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

import { launchChromium } from '../tests/support/browser.mjs';
import { until } from '../tests/support/until.mjs';

const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };

const PAGE = `<!doctype html><title>A plain page</title><script type="module">
  import init, { CallWorker } from '/worker.js';
  const heard = [];
  const started = { count: 0 };
  globalThis.told = { heard, started };
  const events = ${JSON.stringify([
    'initialized', 'addCommentButtonClick', 'muteButtonClick', 'holdButtonClick', 'closeButtonClick', 'transferButtonClick',
    'cancelTransferButtonClick', 'completeTransferButtonClick', 'hangupButtonClick', 'nextButtonClick', 'skipButtonClick',
    'answerButtonClick', 'entityChanged', 'qualityMeterClick', 'dialpadButtonClick', 'makeCallButtonClick', 'notifyAdminButtonClick',
  ])}.map((name) => 'BackgroundCallCard::' + name);
  globalThis.name = location.host + '|0|frame';
  globalThis.BX24 = {
    init: (ready) => ready(),
    getAuth: () => ({ access_token: 't', domain: location.host, member_id: 'm' }),
    getDomain: () => location.host,
    getLang: () => 'en',
    callMethod: (method, params, done) => done({ data: () => ({ ID: '7' }), error: () => false }),
    placement: {
      info: () => ({ placement: 'PAGE_BACKGROUND_WORKER', options: {} }),
      getInterface: (done) => done({ command: [], event: events }),
      // The card is raised in the same breath as its event is bound: long before anybody can listen.
      bindEvent: (name, handler) => { if (name.endsWith('::initialized')) handler({ CALL_ID: 'early' }); },
      call: (command, params, done) => done([]),
    },
  };
  const ended = (callId) => ({ type: 'ended', callId, cause: { by: 'local' } });
  const makesPhone = () => {
    started.count++;
    let emit;
    return {
      start(its) { emit = its; emit({ type: 'registered' }); globalThis.ring = (callId) => emit({ type: 'incoming', callId, number: '+15550199' }); },
      dial() {}, reject: (id) => emit(ended(id)), hangUp: (id) => emit(ended(id)), answer: (id) => emit({ type: 'connected', callId: id }),
      setMuted() {}, setHeld() {}, sendDtmf() {},
    };
  };
  await init();
  const worker = await CallWorker.start({
    softphone: makesPhone, signals: false, report: (error) => heard.push('error ' + error.code + ' ' + error.message),
  });
  globalThis.worker = worker;
  worker.on('cardinitialized', ({ card }) => heard.push('card ' + card.callId));
  worker.on('registration', ({ registered }) => heard.push('registered ' + registered));
  worker.on('callchanged', ({ call }) => heard.push('call ' + call?.state));
</script>`;

/**
 * @param {string} folder the installed package
 */
export async function sharesOnePhone(folder) {
  const registers = [];
  const server = createServer((request, response) => serve(folder, registers, request, response));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://localhost:${server.address().port}/`;
  const { browser, close } = await launchChromium();
  try {
    const context = await browser.newContext();
    const tabs = [await context.newPage(), await context.newPage()];
    const heardIn = (tab, what) => until(
      () => tab.evaluate((what) => globalThis.told?.heard.includes(what), what),
      { what: `"${what}" in tab ${tabs.indexOf(tab) + 1}` },
    );
    for (const tab of tabs) {
      await tab.goto(url);
      await heardIn(tab, 'card early');
      await heardIn(tab, 'registered true');
    }
    const started = await Promise.all(tabs.map((tab) => tab.evaluate(() => globalThis.told.started.count)));
    assert.equal(started[0] + started[1], 1, `softphones started: ${started.join(' and ')}`);
    const seats = await Promise.all(tabs.map((tab) => tab.evaluate(() => globalThis.worker.hasSeat)));
    const [seat, other] = seats[0] ? tabs : [...tabs].reverse();
    await seat.evaluate(() => globalThis.ring('a'));
    for (const tab of tabs) await heardIn(tab, 'call ringing');
    await other.evaluate(() => globalThis.worker.answer());
    for (const tab of tabs) await heardIn(tab, 'call connected');
    await seat.evaluate(() => globalThis.worker.hangUp());
    for (const tab of tabs) await heardIn(tab, 'call undefined');
    assert.equal(registers.length, 1, 'one call is registered once');
    for (const tab of tabs) {
      const errors = await tab.evaluate(() => globalThis.told.heard.filter((it) => it.startsWith('error HUB')));
      assert.deepEqual(errors, []);
    }
  } finally {
    await close();
    server.close();
  }
}

/** The page, the package's files, and the portal's REST methods as the hub calls them. */
async function serve(folder, registers, request, response) {
  const { pathname } = new URL(request.url, 'http://localhost');
  const answer = (type, body) => response.writeHead(200, { 'content-type': type }).end(body);
  if (pathname.startsWith('/rest/')) {
    if (pathname.includes('externalCall.register')) registers.push(pathname);
    return answer('application/json', JSON.stringify({ result: { CALL_ID: 'externalCall.1' } }));
  }
  if (pathname === '/') return answer('text/html', PAGE);
  try {
    const body = await readFile(join(folder, normalize(pathname)));
    answer(TYPES[extname(pathname)] ?? 'application/octet-stream', body);
  } catch {
    response.writeHead(404).end();
  }
}
