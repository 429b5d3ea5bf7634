// Portals as their app's backend meets them: OAuth servers by region, other apps' tokens, several portals
// of one cloud, new names, permissions, the bucket, and whatever a script lets go wrong with a request.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach } from 'node:test';
import { startSimulator } from '../support/servers.mjs';
import { test } from '../support/test.mjs';
import { local, restOf, tokensOf } from './app-bench.mjs';

const OTHER = 'other.localhost';
let simulator, port, rest, admin;

before(async () => {
  simulator = await startSimulator({ args: ['--neighbour', OTHER] });
  ({ port } = new URL(simulator.url));
  rest = restOf(simulator.url);
});
beforeEach(async () => {
  await simulator.api('POST', '/sim/reset');
  admin = await tokensOf(simulator.url, 1);
});
after(() => simulator.stop());

/** A post to one of the names that stand at the simulator's port. */
const post = (name, path, type, body) => new Promise((resolve, reject) => {
  const headers = { host: `${name}:${port}`, 'content-type': type };
  const asked = request({ host: '127.0.0.1', port, path, method: 'POST', headers }, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
    answer.once('end', () => resolve({ http: answer.statusCode, location: answer.headers.location, text, ...(text.startsWith('{') ? JSON.parse(text) : {}) }));
  });
  asked.once('error', reject);
  asked.end(body);
});
const at = (name, path, form) => post(name, path, 'application/x-www-form-urlencoded', String(new URLSearchParams(form)));
const layout = (name, user) =>
  post(name, '/portal/layout', 'application/json', JSON.stringify({ user, placement: 'DEFAULT', options: {} }));
const appInfo = (name, auth) => at(name, '/rest/app.info', { auth });
const renewAt = (name, refresh) =>
  at(name, '/oauth/token/', { grant_type: 'refresh_token', client_id: 'local.simulator', client_secret: 'simulator', refresh_token: refresh });
const faults = (given) => simulator.api('PUT', '/sim/faults', given);
const said = ({ http, error }) => [http, error];

test('each OAuth server knows and renews the tokens of its own region only', async () => {
  for (const [region, own, foreign] of [['west', 'oauth.localhost', 'oauth-east.localhost'], ['east', 'oauth-east.localhost', 'oauth.localhost']]) {
    await faults({ region });
    const { access, refresh } = await tokensOf(simulator.url, 1);
    assert.deepEqual(said(await appInfo(foreign, access)), [401, 'invalid_token'], region);
    assert.equal((await appInfo(own, access)).result.client_id, 'local.simulator');
    assert.deepEqual(said(await renewAt(foreign, refresh)), [400, 'invalid_grant'], region);
    const grant = await renewAt(own, refresh);
    assert.equal(grant.server_endpoint, `http://${own}:${port}/rest/`);
  }
});

test('another app’s token passes profile, and only an OAuth server tells whose it is', async () => {
  const { accessToken } = await simulator.api('POST', '/sim/app/other-token', { userId: 1 });
  assert.equal((await rest('profile', {}, accessToken)).result.ADMIN, true);
  assert.equal((await appInfo('oauth.localhost', accessToken)).result.client_id, 'local.other');
  assert.equal((await appInfo('oauth.localhost', admin.access)).result.client_id, 'local.simulator');
});

test('portals of one cloud share the OAuth servers, and no token', async () => {
  const { authId, refreshId } = await layout(OTHER, 1);
  const other = { access: authId, refresh: refreshId };
  const [mine, theirs] = [await appInfo('oauth.localhost', admin.access), await appInfo('oauth.localhost', other.access)];
  assert.equal(theirs.result.install.domain, `${OTHER}:${port}`);
  assert.notEqual(theirs.result.install.member_id, mine.result.install.member_id);
  assert.deepEqual(said(await at(OTHER, '/rest/profile', { auth: admin.access })), [401, 'invalid_token']);
  assert.equal((await at(OTHER, '/rest/profile', { auth: other.access })).result.ID, '1');
  const grant = await renewAt('oauth.localhost', other.refresh);
  assert.equal(grant.client_endpoint, `http://${OTHER}:${port}/rest/`);
});

test('a renamed portal sends whoever asks at its old name to the new one', async () => {
  await faults({ renamedTo: `new.localhost:${port}` });
  const moved = await at('portal.localhost', '/rest/profile', { auth: admin.access });
  assert.deepEqual([moved.http, moved.location], [302, `http://new.localhost:${port}/rest/profile`]);
  assert.equal((await at('new.localhost', '/rest/profile', { auth: admin.access })).result.ID, '1');
  await faults({ renamedTo: 'http://portal.localhost/settings/license_all.php' });
  const licence = await at('portal.localhost', '/rest/profile', { auth: admin.access });
  assert.equal(licence.location, 'http://portal.localhost/settings/license_all.php');
});

test('what needs a permission is refused without it, also at bind', async () => {
  await faults({ scopes: ['placement', 'pull'] });
  const HANDLER = 'http://app.localhost:8080/handler';
  assert.deepEqual(said(await rest('placement.bind', { PLACEMENT: 'CONTACT_CENTER', HANDLER }, admin.access)), [400, 'ERROR_PLACEMENT_NOT_FOUND']);
  const event = { event: 'ONEXTERNALCALLSTART', handler: HANDLER };
  assert.deepEqual(said(await rest('event.bind', event, admin.access)), [403, 'insufficient_scope']);
  assert.deepEqual(said(await rest('telephony.externalLine.get', {}, admin.access)), [403, 'insufficient_scope']);
  await faults({ scopes: ['placement', 'pull', 'telephony', 'contact_center'] });
  assert.equal((await rest('placement.bind', { PLACEMENT: 'CONTACT_CENTER', HANDLER }, admin.access)).result, true);
  assert.equal((await rest('event.bind', event, admin.access)).result, true);
});

test('the bucket overflows, and drains by the portal’s clock', async () => {
  await simulator.api('POST', '/sim/clock', { held: true });
  await faults({ bucket: 3 });
  const asked = async (times) => {
    const answers = [];
    for (let it = 0; it < times; it++) answers.push((await rest('profile', {}, admin.access)).http);
    return answers;
  };
  assert.deepEqual(await asked(4), [200, 200, 200, 503]);
  await simulator.api('POST', '/sim/clock', { advanceMs: 1000 });
  assert.deepEqual(await asked(3), [200, 200, 503]);
  assert.equal((await appInfo('oauth.localhost', admin.access)).http, 200, 'the OAuth server has a bucket of its own');
});

test('faults of a method are taken in their order, with whatever answer a script wants', async () => {
  await faults({ rest: { profile: [{ status: 502, body: '<html>', times: 1 }, { body: { result: { ID: '9' } }, times: 1 }] } });
  assert.deepEqual(await at('portal.localhost', '/rest/profile', { auth: admin.access }).then(({ http, text }) => [http, text]), [502, '<html>']);
  assert.equal((await rest('profile', {}, admin.access)).result.ID, '9');
  assert.equal((await rest('profile', {}, admin.access)).result.ID, '1');
});

test('a request is held before or after its effect, by its method or its number', async () => {
  const add = (NUMBER) => rest('telephony.externalLine.add', { NUMBER }, admin.access);
  const lines = async () => (await simulator.api('GET', '/sim/app')).lines.map((line) => line.NUMBER);
  const arrived = async (count) => simulator.api('GET', `/sim/wait?path=requests.total&is=${count}`);
  let { total } = (await simulator.api('GET', '/sim/state')).requests;

  await faults({ rest: { 'telephony.externalLine.add': { hold: 'before' } } });
  const before = add('+15550101');
  await arrived(++total);
  assert.deepEqual(await lines(), []);
  await faults({ rest: {}, holdRequest: { number: total + 1, hold: 'after' } });
  assert.equal((await before).http, 200);

  const held = add('+15550102');
  await arrived(++total);
  await simulator.api('GET', '/sim/wait?path=app.lines.1.NUMBER&is=%2B15550102');
  const next = await add('+15550103');
  assert.equal(next.http, 200, 'the next request is answered meanwhile');
  await faults({ holdRequest: null });
  assert.equal((await held).http, 200);
  const { byMethod } = (await simulator.api('GET', '/sim/state')).requests;
  assert.equal(byMethod['telephony.externalLine.add'], 3);
});

test('REST tells the portal’s time', async () => {
  const { time } = await rest('profile', {}, admin.access);
  await simulator.api('POST', '/sim/clock', { advanceMs: 1_000_000 });
  const later = await rest('profile', {}, admin.access);
  assert.ok(later.time.finish - time.finish >= 1000);
});

test('employees, account number and application token may be one’s own', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'b24-directory-'));
  const file = join(folder, 'directory.json');
  const start = () => startSimulator({ args: ['--directory', file, '--member-id', 'm1', '--application-token', 'told'] });
  try {
    writeFileSync(file, JSON.stringify({ employees: [{ id: 70, name: 'Ann', lastName: 'Lee', admin: true, phones: [] }] }));
    const own = await start();
    try {
      const { access } = await tokensOf(own.url, 70);
      const { result } = await restOf(own.url)('profile', {}, access);
      assert.deepEqual([result.ID, result.NAME, result.ADMIN], ['70', 'Ann', true]);
      await own.api('PUT', '/sim/faults', { newerPosts: true });
      const response = await fetch(`${local(own.url)}/portal/layout`, {
        method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ user: 70, placement: 'DEFAULT', options: {} }),
      });
      const { memberId, fields } = await response.json();
      assert.deepEqual([memberId, Object.fromEntries(fields).APPLICATION_TOKEN], ['m1', 'told']);
    } finally {
      await own.stop();
    }
    writeFileSync(file, '{"employees": []}');
    await assert.rejects(start(), /--directory: employees must be/);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
