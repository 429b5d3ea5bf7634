// The self-test of the contact centre's page, on a real SIP server and a real TURN server: what it says is what a call would
// meet, and it leaves nothing behind.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { AppPage } from '../support/app-page.mjs';
import { WINDOW } from '../support/browser.mjs';
import { startTurn } from '../support/gateway.mjs';
import { DOMAIN } from '../support/kamailio.mjs';
import { startLife } from '../support/life.mjs';
import { openBench } from '../support/sip-bench.mjs';
import { countMicrophones } from '../support/sip-page.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

const bench = await openBench();
const turn = await startTurn();
after(async () => {
  await bench.close();
  await turn.close();
});

const [{ urls: ice, username: turnUser, credential: turnPassword }] = turn.iceServers;

/** What the self-test says of this account, by the names of its checks: `ok`, or the code. */
async function verdicts(fields, more = {}) {
  const page = await bench.open();
  await page.evaluate(countMicrophones);
  const outcomes = await page.evaluate(async ({ fields, more }) => {
    const { selfTest } = await import('/app/connection.js');
    const told = {};
    const about = { given: {}, fields, identity: async () => {}, channel: async () => {}, ...more };
    await selfTest(about, (name, { ok, code, text }) => (told[name] = ok ? 'ok' : { code, text }));
    return told;
  }, { fields, more });
  assert.equal(await page.evaluate(() => microphones.open), 0, 'the microphone is let go');
  await bench.leave(page);
  for (const it of Object.values(outcomes)) {
    if (it === 'ok') continue;
    assert.ok(it.text.length > 20, 'there is a cure');
    assert.doesNotMatch(it.text, /secret/);
  }
  return Object.fromEntries(Object.entries(outcomes).map(([name, it]) => [name, it.code ?? it]));
}

const account = (user, more) => ({ server: bench.server.server, domain: DOMAIN, account: user, password: `secret-${user}`, ...more });
const GREEN = { identity: 'ok', channel: 'ok', microphone: 'ok', socket: 'ok', register: 'ok', options: 'ok', media: 'ok', loop: 'ok' };

test('an account that works is green, its sound goes by the TURN server, and the softphone that is registered stays so', async () => {
  const operator = await bench.phone('jssip', bench.newUser('operator'));
  assert.deepEqual(await verdicts(account(operator.user, { ice, turnUser, turnPassword })), GREEN);
  assert.equal((await bench.server.registrations())[operator.user], 1);
  const caller = await bench.phone('jssip', bench.newUser('caller'));
  const mine = await caller.dials(operator);
  await operator.rings();
  await caller.ask('hangUp', mine);
  await operator.told('ended');
  await Promise.all([operator, caller].map((phone) => phone.endsClean()));
  await Promise.all([operator.close(), caller.close()]);
});

test('the TURN server of the host is tried where the operator has named none', async () => {
  assert.deepEqual(await verdicts(account('anna'), { turn: { iceServers: turn.iceServers } }), GREEN);
});

for (const [what, fields, bad] of [
  ['a wrong password', account('anna', { password: 'not-it' }), { register: 'PASSWORD_WRONG' }],
  ['another\'s login', account('anna', { login: 'berta', password: 'secret-anna' }), { register: 'PASSWORD_WRONG' }],
  ['no password', account('anna', { password: '' }), { register: 'PASSWORD_MISSING' }],
  ['no account', account('', {}), { register: 'ACCOUNT_INCOMPLETE' }],
  ['no server', account('anna', { server: '' }), { socket: 'SERVER_MISSING', register: 'NOT_TRIED', options: 'NOT_TRIED' }],
  ['a server that is not there', account('anna', { server: 'ws://127.0.0.1:9/' }), { socket: 'SERVER_UNREACHABLE', register: 'NOT_TRIED', options: 'NOT_TRIED' }],
  ['a wrong password at the TURN server', account('anna', { ice, turnUser, turnPassword: 'not-it' }), { media: 'TURN_REFUSED', loop: 'LOOP_BROKEN' }],
]) {
  test(`${what} is red, and says what to do; what does not hang on it is green`, async () => {
    assert.deepEqual(await verdicts(fields), { ...GREEN, ...bad });
  });
}

test('an operator of the host gets through its TURN server, by a password that the host has computed and told to nobody else', async (t) => {
  const SECRET = 'north-of-here';
  const shared = await startTurn({ secret: SECRET });
  const stack = await startLife({
    hostArgs: ['--accounts', '--turn', shared.url],
    host: { adapter: 'jssip', adapterOptions: { server: bench.server.server }, env: { B24_HOST_CLIENT_SECRET: 'simulator', B24_HOST_TURN_SECRET: SECRET } },
  });
  const context = await bench.context.browser().newContext(WINDOW);
  t.after(async () => {
    await context.close();
    await stack.stop();
    await shared.close();
  });
  await stack.install();
  const app = await AppPage.contactCentre(context, stack);
  for (const [name, value] of Object.entries({ domain: DOMAIN, account: 'anna', password: 'secret-anna' })) await app.page.locator(`#settings [name=${name}]`).fill(value);
  await app.page.locator('#test').click();
  for (const check of Object.keys(GREEN)) {
    const verdict = await until(() => app.page.locator(`#check-${check}`).getAttribute('data-state', { timeout: 1000 }), { what: `the verdict on ${check}` });
    assert.equal(verdict, 'ok', `${check}: ${await app.page.locator(`#check-${check}`).innerText()}`);
  }
  await app.says('#check-media small', /relay/);
  assert.doesNotMatch(stack.host.log(), /north-of-here|secret-anna/);
});
