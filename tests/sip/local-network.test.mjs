// A PBX in the office's own network, which a browser may keep a page from.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { refusedLocally } from '../../www/adapters/signalling/local-network.js';
import { openBench } from '../support/sip-bench.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

/** A browser that knows these permissions. */
const browser = (states, page = 'portal.example.com') => ({
  page,
  permissions: {
    query: async ({ name }) => {
      if (!(name in states)) throw new TypeError(`${name} is no valid enum value`);
      return { state: states[name] };
    },
  },
});

const DENIED = browser({ 'local-network': 'denied', 'loopback-network': 'prompt' });
const EARLIER = browser({ 'local-network-access': 'denied' });

for (const [what, server, its, says] of [
  ['a private address, refused', 'wss://192.168.1.5:8089/ws', DENIED, /^the browser does not let/],
  ['a private address, not asked about yet', 'wss://10.0.0.5/ws', browser({ 'local-network': 'prompt' }), /has not been allowed/],
  ['a private address, in a browser that has the permission\'s first name', 'wss://172.16.0.5/ws', EARLIER, /^the browser does not let/],
  ['a private address of IPv6', 'wss://[fd00::5]/ws', DENIED, /^the browser does not let/],
  ['a name of the office\'s', 'wss://pbx.lan/ws', DENIED, /^the browser does not let/],
  ['this machine, not asked about yet', 'ws://127.0.0.1:8088', DENIED, /has not been allowed/],
  ['a public name that may lead anywhere', 'wss://pbx.example.com/ws', DENIED, /^if the SIP server is in this office's network/],
  ['a public name, nothing refused', 'wss://pbx.example.com/ws', browser({ 'local-network': 'prompt' }), undefined],
  ['a private address that is allowed', 'wss://192.168.1.5/ws', browser({ 'local-network': 'granted' }), undefined],
  ['a browser that asks for nothing of the kind', 'wss://192.168.1.5/ws', browser({}), undefined],
  ['a page of the office\'s own', 'wss://192.168.1.5/ws', browser({ 'local-network': 'denied' }, 'crm.lan'), undefined],
  ['a page of the office\'s own, and this machine', 'ws://127.0.0.1:8088', browser({ 'loopback-network': 'denied' }, 'crm.lan'), /^the browser does not let/],
  ['a page of this machine', 'ws://127.0.0.1:8088', browser({ 'loopback-network': 'denied' }, 'app.localhost'), undefined],
  ['a browser without permissions', 'wss://192.168.1.5/ws', { permissions: {}, page: 'portal.example.com' }, undefined],
]) {
  test(`a server that can't be reached: ${what}`, async () => {
    const refusal = await refusedLocally(server, its);
    if (!says) return assert.equal(refusal, undefined);
    assert.equal(refusal.code, 'LOCAL_NETWORK');
    assert.match(refusal.message, says);
    assert.match(refusal.message, /allow access to the local network/);
  });
}

/** Where signalling runs: how often it tries to connect. */
function countConnections() {
  globalThis.connections = 0;
  const Native = WebSocket;
  globalThis.WebSocket = class extends Native {
    constructor(...args) {
      super(...args);
      connections++;
    }
  };
}

/** A name that tells nothing of where it leads. */
const PUBLIC = 'app.example.com';
const bench = await openBench({ public: PUBLIC });
after(() => bench.close());

for (const adapter of ['jssip', 'sipjs']) {
  for (const hub of [false, true]) {
    test(`${adapter}${hub ? ' in a hub' : ''}: a page of the internet is not let to a PBX of this machine, and says so once, with the cure`, async () => {
      const operator = await bench.phone(adapter, bench.newUser('operator'), { reconnect: { first: 50, last: 50 } }, { hub, register: false, host: PUBLIC });
      const refusals = async () => (await operator.reports()).filter(({ code }) => code === 'LOCAL_NETWORK');
      const [{ message }] = await until(async () => {
        const told = await refusals();
        return told.length > 0 && told;
      }, { what: 'the refusal to be told' });
      assert.match(message, /allow access to the local network for the portal's site/);
      await operator.inSignalling(countConnections);
      await until(() => operator.inSignalling(() => globalThis.connections >= 5), { what: 'it to go on trying' });
      assert.equal((await refusals()).length, 1);
      await operator.close();
    });
  }
}
