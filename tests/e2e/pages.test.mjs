// The app's own pages in a real browser, where the portal opens them: the account in the contact
// centre, the page behind links, the installer.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { after, afterEach, before, beforeEach } from 'node:test';

import { AppPage } from '../support/app-page.mjs';
import { evaluateQuietly, launchChromium, WINDOW } from '../support/browser.mjs';
import { CLIENT_ID, startLife } from '../support/life.mjs';
import { CUSTOMER, Portal } from '../support/portal.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

const PASSWORD = 'zzz-never-shown';
const ACCOUNT = {
  server: 'ws://127.0.0.1:9/', domain: 'sip.example.com', account: '101', login: 'u101', password: PASSWORD,
  name: 'Anna Keller', line: '+15550100', ice: 'stun:127.0.0.1:9',
};

let chromium;
let stack;
let context;
before(async () => {
  chromium = await launchChromium({ flags: ['--use-fake-device-for-media-stream'] });
  stack = await startLife();
  await stack.install();
});
after(async () => {
  await stack?.stop();
  await chromium?.close();
});
beforeEach(async () => {
  await stack.simulator.api('POST', '/sim/reset', { keepApp: true });
  context = await chromium.browser.newContext({ ...WINDOW, permissions: ['microphone'] });
});
afterEach(() => context.close());

/** A test that tells what the servers said when it fails. */
const story = (name, tell) => test(name, async (t) => {
  try {
    await tell(t);
  } catch (error) {
    error.message += `\n\n${stack.logs(30)}`;
    throw error;
  }
});

const outgoing = async () =>
  (await stack.simulator.api('GET', '/sim/phone')).calls.filter(({ direction }) => direction === 'outgoing');

async function save(page, account) {
  for (const [name, value] of Object.entries(account)) await page.page.locator(`#settings [name=${name}]`).fill(value);
  await page.page.locator('#settings button').click();
  await page.says('#settings [role=status]', /./);
}

const shown = (page) => page.page.locator('#settings').evaluate((form) => Object.fromEntries(new FormData(form)));

/** A portal tab with a worker that hears signals, and another that does, too. */
async function workers(count = 1) {
  const portal = await Portal.open(chromium.browser, stack);
  await portal.ready();
  await until(async () => (await stack.simulator.api('GET', '/sim/pull')).length >= count, { what: 'the worker to listen to signals' });
  return portal;
}

/** The customer answers the call that rings, and hangs up. */
async function talkedAndRecorded(portal) {
  await portal.customer('answer');
  await until(async () => (await stack.simulator.api('GET', '/sim/pages')).some(({ card }) => card?.uiState === 'connected'), {
    what: 'a card to be connected',
  });
  await portal.customer('hangup');
  await portal.recorded();
}

story('an account is saved, comes back without its password, and is nobody else\'s', async () => {
  const first = await AppPage.contactCentre(context, stack);
  await save(first, ACCOUNT);
  assert.equal(await first.page.locator('#settings [role=status]').innerText(), 'Saved');
  assert.equal(await first.page.locator('[name=password]').inputValue(), '');
  assert.deepEqual([await first.sticksOut(), await first.spilled()], [0, []]);

  const again = await AppPage.contactCentre(context, stack);
  await until(async () => (await shown(again)).account === '101', { what: 'the saved account to be shown' });
  assert.deepEqual(await shown(again), { turnUser: '', turnPassword: '', ...ACCOUNT, password: '' });
  assert.match(await again.page.locator('[name=password]').getAttribute('placeholder'), /saved/);
  for (const answer of await Promise.all([...first.answers, ...again.answers])) assert.doesNotMatch(answer, /zzz/);

  const colleague = await AppPage.contactCentre(context, stack, { user: '2' });
  await until(() => colleague.answers.length > 0, { what: 'the colleague\'s settings' });
  assert.deepEqual(await Promise.all(colleague.answers), ['{}']);
  assert.ok(Object.values(await shown(colleague)).every((value) => value === ''));
  for (const page of [first, again, colleague]) assert.deepEqual(page.complaints, []);
});

story('a refused setting is told, and nothing is saved', async () => {
  const page = await AppPage.contactCentre(context, stack, { user: '3' });
  await save(page, { ...ACCOUNT, server: 'https://sip.example.com' });
  await page.says('#settings [role=status][data-state=bad]', /not the address of a WebSocket/);
  const again = await AppPage.contactCentre(context, stack, { user: '3' });
  await until(() => again.answers.length > 0, { what: 'the settings' });
  assert.deepEqual(await Promise.all(again.answers), ['{}']);
});

const verdict = (page, check) => until(
  () => page.page.locator(`#check-${check}`).getAttribute('data-state', { timeout: 1000 }),
  { what: `the verdict on ${check}` },
);

story('the self-test passes where everything works', async (t) => {
  const sip = await socketServer();
  t.after(sip.close);
  const page = await AppPage.contactCentre(context, stack, { user: '4' });
  await page.page.locator('[name=server]').fill(sip.url);
  await page.page.locator('#test').click();
  for (const check of ['identity', 'channel', 'microphone', 'socket', 'media', 'loop']) assert.equal(await verdict(page, check), 'ok', check);
  await page.says('#check-microphone small', /Fake/);
  // What a SIP server says to it is told in tests/sip/self-test.test.mjs.
  await page.says('#check-register[data-state=bad] small', /^ACCOUNT_INCOMPLETE: /);
  assert.deepEqual(await page.spilled(), []);
  assert.deepEqual(page.complaints, []);
});

story('the self-test names what does not work, and goes on with the rest', async () => {
  // Where something is granted, all else is refused without a question.
  await context.clearPermissions();
  await context.grantPermissions(['geolocation']);
  const page = await AppPage.contactCentre(context, stack, { user: '4' });
  await stack.simulator.api('PUT', '/sim/faults', { rest: { 'pull.application.event.add': { status: 400, error: 'USER_ID_ACCESS_ERROR' } } });
  await page.page.locator('[name=server]').fill('');
  await page.page.locator('[name=ice]').fill('http://no-ice');
  await page.page.locator('#test').click();
  assert.equal(await verdict(page, 'identity'), 'ok');
  for (const check of ['channel', 'microphone', 'socket', 'media']) {
    assert.equal(await verdict(page, check), 'bad', check);
    await page.says(`#check-${check} small`, /\w{3}/);
  }
  await page.says('#check-socket small', /Fill in the server/);
  await page.page.locator('[name=server]').fill('ws://127.0.0.1:9/');
  await page.page.locator('[name=ice]').fill('stun:127.0.0.1:9');
  await page.page.locator('#test:enabled').click();
  await page.says('#check-socket small', /No WebSocket opens there/);
  await page.says('#check-media small', /STUN or TURN server/);
});

story('the microphone that is chosen is remembered, for this operator alone', async () => {
  const choices = (page) => page.page.locator('#devices [name=microphone]');
  const page = await AppPage.contactCentre(context, stack, { user: '4' });
  const label = await until(() => choices(page).locator('option').nth(1).textContent({ timeout: 1000 }), { what: 'the microphones' });
  await choices(page).selectOption({ label });
  await page.says('#device', /Saved/);
  const again = await AppPage.contactCentre(context, stack, { user: '4' });
  const chosen = (page) => choices(page).evaluate((select) => select.selectedOptions[0]?.textContent);
  await until(async () => (await chosen(again)) === label, { what: 'the choice to be shown' });
  const colleague = await AppPage.contactCentre(context, stack, { user: '2' });
  await until(async () => (await chosen(colleague)) === 'As the system has it', { what: 'the colleague to have none' });
  await again.says('#device[data-state=""]', /does not let this app choose a speaker/);
});

story('the test call dials once, in the tab with the worker', async (t) => {
  const portal = await workers();
  t.after(() => portal.close());
  const page = await AppPage.contactCentre(portal.context, stack);
  await page.page.locator('#call [name=phone]').fill(CUSTOMER.number);
  await page.page.locator('#call button').click();
  await portal.network('ringing');
  await page.says('#call [role=status]', /asked to call/);
  await talkedAndRecorded(portal);
  assert.equal((await outgoing()).length, 1);
});

story('a link to a number asks for a click, and then dials once', async (t) => {
  const portal = await workers();
  t.after(() => portal.close());
  const page = await AppPage.link(portal.context, stack, { action: 'dial', phone: CUSTOMER.number });
  await page.says('#what', /\d/);
  assert.deepEqual([await page.sticksOut(), await page.spilled()], [0, []]);
  assert.deepEqual(await stack.simulator.api('GET', '/sim/calls'), [], 'nothing before the click');
  await page.page.locator('#go').click();
  await page.says('[role=status]', /was told/);
  await portal.network('ringing');
  assert.ok(await page.page.locator('#go').isDisabled(), 'a second click does not call again');
  await talkedAndRecorded(portal);
  assert.equal((await outgoing()).length, 1);
  assert.deepEqual(page.complaints, []);
});

story('a link to a call shows its card', async (t) => {
  const portal = await workers();
  t.after(() => portal.close());
  await portal.ring();
  await portal.card('incoming');
  const [{ CALL_ID: callId }] = await portal.calls();
  const { log } = await stack.simulator.api('GET', '/sim/state');
  const page = await AppPage.link(portal.context, stack, { action: 'show', callId });
  await page.says('[role=status]', /was told/);
  await stack.simulator.api('GET', `/sim/wait?kind=rest&name=telephony.externalCall.show&contains=${callId}&since=${log}`);
  await portal.customer('hangup');
  await portal.recorded();
});

story('a link to the diagnostics draws every open page, without a number, and copies it for support', async (t) => {
  const portal = await workers();
  t.after(() => portal.close());
  await portal.ring();
  await portal.card('incoming');
  const page = await AppPage.link(portal.context, stack, { action: 'diagnostics' });
  const blocks = page.page.locator('#tabs section');
  await until(async () => (await blocks.count()) === 2, { what: 'both pages to answer' });
  await page.says('#tabs section:first-child', /ready[\s\S]*registered[\s\S]*ringing, incoming[\s\S]*reach this page/);
  const text = (await blocks.allInnerTexts()).join();
  assert.ok(!text.replace(/\D/g, '').includes(CUSTOMER.number.replace(/\D/g, '').slice(-7)), text);
  assert.deepEqual([await page.sticksOut(), await page.spilled()], [0, []]);

  await page.page.locator('#copy').click();
  await page.says('[role=status]', /Copied/);
  const pasted = await portal.page.evaluate(() => {
    document.body.insertAdjacentHTML('beforeend', '<textarea id="pasted"></textarea>');
    document.querySelector('#pasted').focus();
  }).then(async () => {
    await portal.page.bringToFront();
    await portal.page.locator('#pasted').press('Control+V');
    return portal.page.locator('#pasted').inputValue();
  });
  assert.match(pasted, /Page 1, [\s\S]*Worker: ready[\s\S]*Page 2, /);
  await portal.customer('hangup');
  await portal.recorded();
  assert.deepEqual(page.complaints, []);
});

story('a link that asks for nothing known says so, and does nothing', async () => {
  const page = await AppPage.link(context, stack, { action: 'format', phone: CUSTOMER.number });
  await page.says('#heading', /nothing this app can do/);
  await page.says('#hint', /params\[action\]/);
  assert.ok(await page.page.locator('#go').isHidden());
  assert.deepEqual(page.complaints, []);
});

story('on a Russian portal the pages speak Russian, and still fit', async () => {
  await stack.simulator.api('PUT', '/sim/faults', { language: 'ru' });
  const account = await AppPage.contactCentre(context, stack, { user: '4' });
  await account.says('h1', /^Софтфон$/);
  const link = await AppPage.link(context, stack, { action: 'diagnostics' });
  await link.says('#heading', /^Диагностика$/);
  await link.says('#tabs section', /Страница 1[\s\S]*Софтфон/);
  for (const page of [account, link]) {
    assert.equal(await page.page.locator('html').getAttribute('lang'), 'ru');
    assert.deepEqual([await page.sticksOut(), await page.spilled()], [0, []]);
  }
});

for (const [language, heading] of [['en', 'The app is installed'], ['ru', 'Приложение установлено']]) {
  test(`the installer says that it has installed the app, in ${language}, and hands back to the portal`, async (t) => {
    const own = await startLife();
    t.after(() => own.stop());
    await own.simulator.api('PUT', '/sim/faults', { language });
    const tab = await context.newPage();
    const complaints = [];
    tab.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
    // The portal leaves the installer at once: it is held while somebody reads.
    let leave;
    const read = new Promise((resolve) => (leave = resolve));
    await tab.route(/install_finished=Y/, async (route) => {
      await read;
      await route.continue();
    });
    await tab.goto(`${own.simulator.url}/marketplace/app/${CLIENT_ID}/`);
    // Not by a locator, which would wait for the portal to leave.
    await until(
      async () => {
        const frame = tab.frames().find((it) => it.url().startsWith(own.host.url));
        return frame && (await evaluateQuietly(frame, () => document.querySelector('h1').textContent)) === heading;
      },
      { what: `the installer to say: ${heading}` },
    );
    leave();
    await tab.waitForURL(/install_finished=Y/);
    await own.bound();
    assert.deepEqual(complaints, []);
  });
}

/** Opens WebSockets as a SIP server does, and says nothing. */
async function socketServer() {
  const sockets = new Set();
  const server = createServer().on('upgrade', ({ headers }, socket) => {
    sockets.add(socket.on('error', () => {}));
    const accept = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
      + `Sec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: sip\r\n\r\n`);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `ws://127.0.0.1:${server.address().port}`,
    close: () => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    },
  };
}
