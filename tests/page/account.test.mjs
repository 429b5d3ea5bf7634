// Where the softphone's account comes from: asked of the host in the operator's name, waited for,
// and laid over the adapter's options. On a portal and a host that only remember.

import assert from 'node:assert/strict';
import { afterEach, beforeEach } from 'node:test';

import { account } from '../../www/account/account.js';
import { laidOver, missing } from '../../www/account/options.js';
import { tabs } from '../../www/tabs.js';
import { test } from '../support/test.mjs';

const WHOLE = { server: 'wss://sip.example.com', domain: 'example.com', account: '101', password: 'zzz-secret' };
const real = { setTimeout: globalThis.setTimeout, fetch: globalThis.fetch };

/** What the host answers in turn, the last of it for ever; what it was asked; what was reported; the pauses. */
let world;

beforeEach(() => {
  world = { answers: [], asked: [], reports: [], pauses: [], tokens: ['first'], refreshed: [] };
  globalThis.name = 'portal.example|1|sid';
  // No pause takes its time here; how long it would have been is kept.
  globalThis.setTimeout = (fn, ms) => {
    if (ms === 15_000) return 0; // the portal's deadline: this one answers
    world.pauses.push(ms);
    return real.setTimeout(fn, 0);
  };
  globalThis.fetch = async (path, init) => {
    world.asked.push({ path, authorization: init.headers.Authorization });
    const answer = world.answers.length > 1 ? world.answers.shift() : world.answers[0];
    if (answer instanceof Error) throw answer;
    return new Response(JSON.stringify(answer.fields ?? {}), { status: answer.status ?? 200 });
  };
  globalThis.BX24 = {
    init: (fn) => queueMicrotask(fn),
    getAuth: () => (world.tokens.length ? { access_token: world.tokens[0], member_id: 'a1' } : false),
    refreshAuth: (fn) => {
      world.tokens = ['renewed'];
      queueMicrotask(() => fn({ access_token: 'renewed', member_id: 'a1' }));
    },
  };
});
afterEach(() => {
  Object.assign(globalThis, real);
  delete globalThis.BX24;
  delete globalThis.name;
});

const page = { state: 'loading' };
const ask = (adapter = { sip: true }) => account(adapter, page, (code, error) => world.reports.push(`${code}: ${error?.message ?? error}`));
const codes = () => world.reports.map((it) => it.split(':')[0]);

test('a whole account becomes the options of a SIP softphone', () => {
  const fields = { ...WHOLE, login: 'u101', name: 'Anna', line: '+15550100', ice: 'stun:stun.example.com' };
  assert.deepEqual(laidOver({ server: 'wss://other', dtmf: 'info' }, fields, true), {
    server: 'wss://sip.example.com', uri: 'sip:101@example.com', user: 'u101', password: 'zzz-secret', displayName: 'Anna',
    line: '+15550100', iceServers: [{ urls: 'stun:stun.example.com' }], dtmf: 'info',
  });
});

test('a TURN server is given with its user and password', () => {
  const { iceServers } = laidOver({}, { ...WHOLE, ice: 'turn:turn.example.com', turnUser: 'u', turnPassword: 'p' }, true);
  assert.deepEqual(iceServers, [{ urls: 'turn:turn.example.com', username: 'u', credential: 'p' }]);
});

test('what the operator left empty stays as the host has it', () => {
  const given = { server: 'wss://sip.example.com', iceServers: [{ urls: 'stun:s' }], displayName: 'Sales' };
  const { server, ...fields } = WHOLE;
  assert.deepEqual(missing(fields, given, true), []);
  assert.deepEqual(laidOver(given, fields, true), { ...given, uri: 'sip:101@example.com', password: 'zzz-secret' });
});

test('an account with unusual characters stays one user part', () => {
  const uri = (name) => laidOver({}, { ...WHOLE, account: name }, true).uri;
  assert.equal(uri('+15550100'), 'sip:+15550100@example.com');
  assert.equal(uri('a@b;c d'), 'sip:a%40b%3Bc%20d@example.com');
});

test('other adapters get the fields as they are', () => {
  assert.deepEqual(laidOver({ network: 'ws://n' }, { account: '101' }, false), { network: 'ws://n', account: { account: '101' } });
  assert.deepEqual(missing({}, {}, false), ['account']);
  assert.deepEqual(missing({ name: 'Anna' }, {}, false), []);
});

test('the operator is known by the token in a header, and by nothing in the address', async () => {
  world.answers = [{ fields: { ...WHOLE, line: '+15550100' } }];
  const { options, line } = await ask({ sip: true, given: { dtmf: 'info' } });
  assert.deepEqual([options.uri, options.dtmf, line], ['sip:101@example.com', 'info', '+15550100']);
  assert.deepEqual(world.asked, [{ path: '/settings/a1/me', authorization: 'Bearer first' }]);
  assert.deepEqual(world.reports, []);
});

test('a host that is away is asked again, each time later', async () => {
  world.answers = [{ status: 503 }, new TypeError('Failed to fetch'), { status: 429 }, { fields: WHOLE }];
  await ask();
  assert.deepEqual(codes(), ['ACCOUNT_UNREACHABLE', 'ACCOUNT_UNREACHABLE', 'ACCOUNT_UNREACHABLE']);
  const [first, second, third] = world.pauses;
  assert.ok(first >= 1000 && first < 1500 && second >= 4000 && second < 6000 && third >= 15_000, `${world.pauses}`);
});

test('a token that has run out, or that the host refuses, is renewed', async () => {
  world.tokens = [];
  world.answers = [{ fields: WHOLE }];
  await ask();
  assert.equal(world.asked.at(-1).authorization, 'Bearer renewed');

  world.tokens = ['ended early'];
  world.answers = [{ status: 403 }, { fields: WHOLE }];
  await ask();
  assert.deepEqual(world.asked.slice(1).map((it) => it.authorization), ['Bearer ended early', 'Bearer renewed']);
  assert.deepEqual(codes(), ['ACCOUNT_REFUSED']);
});

test('without an account the page waits, says what is missing and the cure, and goes on when it is saved', async () => {
  const { password, ...part } = WHOLE;
  world.answers = [{ fields: part }];
  const waited = ask();
  while (page.state !== 'waiting') await new Promise(setImmediate);
  assert.match(world.reports[0], /^ACCOUNT_MISSING: .*\(password\): open the contact centre/);
  assert.equal(world.asked.length, 1, 'it waits and does not ask again and again');

  world.answers = [{ fields: WHOLE }];
  const connectionPage = tabs();
  connectionPage.postMessage({ type: 'ask' }); // not for us
  connectionPage.postMessage({ type: 'account' });
  const { options } = await waited;
  connectionPage.close();
  assert.equal(options.password, 'zzz-secret');
  assert.equal(page.state, 'loading');
  assert.equal(world.asked.length, 2);
});

test('no report has a password, a token or an account in it', async () => {
  world.answers = [{ status: 500 }, new TypeError('Failed to fetch'), { status: 403 }, { fields: WHOLE }];
  await ask();
  for (const secret of ['zzz-secret', 'first', 'renewed', '101']) assert.ok(!world.reports.join().includes(secret), secret);
});
