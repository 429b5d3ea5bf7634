// The operator's own account in the worker: asked for after the frame's load, waited for where there
// is none, and taken up as soon as it is saved.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { after } from 'node:test';

import { WebSocketServer } from 'ws';

import { AppPage } from '../support/app-page.mjs';
import { launchShell, WINDOW } from '../support/browser.mjs';
import { startLife } from '../support/life.mjs';
import { Portal } from '../support/portal.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

const PASSWORD = 'zzz-never-told';
const { browser, close } = await launchShell();
after(close);

async function story(t, options, tell) {
  const stack = await startLife({ hostArgs: ['--accounts'], ...options });
  t.after(() => stack.stop());
  try {
    await stack.install();
    await tell(stack);
    for (const secret of [PASSWORD, '101zzz', '102zzz']) assert.ok(!stack.host.log().includes(secret), 'nothing of it in the log');
  } catch (error) {
    error.message += `\n\n${stack.logs(30)}`;
    throw error;
  }
}

/** Until the worker waits, with the reason. */
const waiting = (portal) => until(
  async () => {
    const { state, errors } = await portal.diagnostics();
    if (state === 'waiting') return errors.find(({ code }) => code === 'ACCOUNT_MISSING');
    throw new Error(`it is ${state}`);
  },
  { what: 'the worker to wait for an account' },
);

test('an operator without an account is told, saves one, and the worker starts without a reload', (t) => story(t, {}, async (stack) => {
  const portal = await Portal.open(browser, stack);
  t.after(() => portal.close());
  const { message } = await waiting(portal);
  assert.match(message, /open the contact centre/);
  // The load clock has stopped long before: it waits for nothing of this.
  await portal.loaded();

  const page = await AppPage.contactCentre(portal.context, stack);
  await page.page.locator('#settings [name=account]').fill('101zzz');
  await page.page.locator('#settings [name=password]').fill(PASSWORD);
  await page.page.locator('#settings [name=line]').fill('+15550177');
  await page.page.locator('#settings button').click();
  await portal.ready();
  const [frame] = (await stack.simulator.api('GET', `/sim/pages/${portal.id}`)).frames;
  assert.deepEqual([frame.loads, frame.strikes], [1, 0]);
  const diagnostics = JSON.stringify(await portal.diagnostics());
  for (const secret of [PASSWORD, '101zzz', '5550177']) assert.ok(!diagnostics.includes(secret), secret);
}));

test('the diagnostics tell why a page waits', (t) => story(t, {}, async (stack) => {
  const context = await browser.newContext(WINDOW);
  t.after(() => context.close());
  const page = await AppPage.link(context, stack, { action: 'diagnostics' });
  await page.says('#tabs section', /waits for your softphone account[\s\S]*not registered/);
  await page.says('#tabs section', /ACCOUNT_MISSING: .*open the contact centre/);
}));

for (const adapter of ['jssip', 'sipjs']) {
  test(`${adapter} registers with the operator's own account at the operator's own server, and with another once that is saved`, (t) =>
    story(t, { host: { adapter, adapterOptions: {} } }, async (stack) => {
      const context = await browser.newContext(WINDOW);
      t.after(() => context.close());
      const registers = [];
      // A real server: the softphone's socket is in the hub's SharedWorker, where nobody intercepts it.
      const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
      t.after(() => server.close());
      await once(server, 'listening');
      server.on('connection', (socket) => {
        socket.on('message', (message) => {
          const request = String(message);
          if (!request.startsWith('REGISTER ')) return;
          registers.push(request);
          if (!request.includes('\r\nAuthorization:')) socket.send(challengeTo(request));
        });
      });
      const page = await AppPage.contactCentre(context, stack);
      const fields = { server: `ws://sip.localhost:${server.address().port}/`, domain: 'pbx.example', account: '101zzz', login: 'u101zzz', password: PASSWORD };
      for (const [name, value] of Object.entries(fields)) await page.page.locator(`#settings [name=${name}]`).fill(value);
      await page.page.locator('#settings button').click();
      const register = await until(() => registers[1], { what: 'a REGISTER that answers the challenge' });
      assert.match(register, /^REGISTER sip:pbx\.example SIP\/2\.0/);
      assert.match(register, /^To: .*<sip:101zzz@pbx\.example>/m);
      const [, digest] = /^Authorization: Digest (.*)$/m.exec(register);
      const said = (name) => new RegExp(`\\b${name}="?([^",]*)`).exec(digest)?.[1].trim();
      assert.equal(said('username'), 'u101zzz');
      assert.equal(said('response'), md5(`${md5(`u101zzz:pbx:${PASSWORD}`)}:n1:${md5(`REGISTER:${said('uri')}`)}`));
      // Saved anew while the worker runs: it takes the other account, without a reload.
      await page.page.locator('#settings [name=account]').fill('102zzz');
      await page.page.locator('#settings button').click();
      await until(() => registers.some((it) => /^To: .*<sip:102zzz@pbx\.example>/m.test(it)), { what: 'the other account to be registered' });
      assert.deepEqual(page.complaints.filter((it) => !it.includes('ACCOUNT_MISSING')), []);
    }));
}

const md5 = (text) => createHash('md5').update(text).digest('hex');

/** What a SIP server says to who has not yet shown to know the password. */
function challengeTo(request) {
  const headers = request.split('\r\n').filter((line) => /^(Via|From|To|Call-ID|CSeq):/i.test(line));
  const answered = headers.map((line) => (/^To:/i.test(line) ? `${line};tag=t1` : line));
  return ['SIP/2.0 401 Unauthorized', ...answered, 'WWW-Authenticate: Digest realm="pbx", nonce="n1"', 'Content-Length: 0', '', ''].join('\r\n');
}
