// The host's TURN server, whose passwords end: a page that is open for days has one that holds.

import assert from 'node:assert/strict';

import { account } from '../../www/account/account.js';
import { Relay } from '../../www/account/relay.js';
import { test } from '../support/test.mjs';

const HOUR = 3600;
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A host that gives its n-th password, or nothing while it is `away`, or no answer while it is `silent`. */
function scene(t, seconds) {
  t.mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  const world = { asked: 0, away: false, silent: false, reports: [] };
  const ask = async (path) => {
    assert.equal(path, '/turn/:portal');
    world.asked++;
    if (world.silent) return new Promise(() => {});
    if (world.away) throw new Error('the host answers 503');
    return { iceServers: [{ urls: ['turn:t'], username: `u${world.asked}`, credential: 'p' }], ...(seconds && { seconds }) };
  };
  const relay = new Relay(ask, (code, message) => world.reports.push(`${code}: ${message}`));
  const name = async () => (await relay.servers())[0]?.username;
  const pass = async (s) => {
    t.mock.timers.tick(s * 1000);
    await settle();
  };
  return { world, relay, name, pass };
}

test('a password is taken for every call as long as it holds, and another before it ends', async (t) => {
  const { world, name, pass } = scene(t, 12 * HOUR);
  assert.deepEqual([await name(), await name(), world.asked], ['u1', 'u1', 1]);
  await pass(9 * HOUR);
  assert.equal(await name(), 'u2');
  await pass(9 * HOUR);
  assert.equal(await name(), 'u3');
});

test('a host that is away is asked again each minute, and calls go by the password there is', async (t) => {
  const { world, name, pass } = scene(t, 12 * HOUR);
  await name();
  world.away = true;
  await pass(9 * HOUR);
  await pass(60);
  assert.deepEqual([await name(), world.asked], ['u1', 3]);
  assert.match(world.reports[0], /^TURN_UNKNOWN: .*calls go without one until it does/);
  world.away = false;
  await pass(60);
  assert.equal(await name(), 'u4');
});

test('a computer that slept while its password ended waits three seconds for another, and no longer', async (t) => {
  const { world, name, relay, pass } = scene(t, 12 * HOUR);
  await name();
  world.silent = true;
  await pass(24 * HOUR);
  let servers;
  void relay.servers().then((all) => (servers = all));
  await settle();
  assert.equal(servers, undefined);
  await pass(3);
  assert.equal(servers[0].username, 'u1', 'better than none');
});

test('a user for all never ends, and is asked for once', async (t) => {
  const { world, name, pass } = scene(t, undefined);
  await name();
  await pass(365 * 24 * HOUR);
  assert.deepEqual([await name(), world.asked], ['u1', 1]);
});

test('whose account names a server goes by that; the others by the host\'s, whose password is in no option of theirs', async (t) => {
  globalThis.name = 'portal.example|1|sid';
  const own = { server: 'wss://sip.example.com', domain: 'example.com', account: '101', password: 'p' };
  let fields = own;
  globalThis.fetch = async (path) => new Response(JSON.stringify(path.startsWith('/turn/') ? { iceServers: [{ urls: ['turn:t'], username: 'u', credential: 'p' }] } : fields));
  globalThis.BX24 = { init: (fn) => queueMicrotask(fn), getAuth: () => ({ access_token: 't', member_id: 'a1' }) };
  t.after(() => ['name', 'fetch', 'BX24'].forEach((it) => delete globalThis[it]));
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const ask = () => account({ sip: true, turn: true, given: { iceServers: [{ urls: 'stun:s' }] } }, {}, assert.fail);
  const { options, iceServers } = await ask();
  assert.equal(options.iceServers, 'page');
  assert.deepEqual((await iceServers()).map(({ urls }) => urls), ['stun:s', ['turn:t']]);
  fields = { ...own, ice: 'turn:mine', turnUser: 'u', turnPassword: 'p' };
  const { options: mine, iceServers: none } = await ask();
  assert.deepEqual([mine.iceServers[0].urls, none], ['turn:mine', undefined]);
});
