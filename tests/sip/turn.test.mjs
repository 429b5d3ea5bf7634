// The office's TURN server as the only way: the host computes each operator's password from the secret it shares with coturn,
// and nobody else gets to read it.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { AppPage } from '../support/app-page.mjs';
import { startTurn } from '../support/gateway.mjs';
import { DOMAIN } from '../support/kamailio.mjs';
import { startLife } from '../support/life.mjs';
import { Portal } from '../support/portal.mjs';
import { openBench } from '../support/sip-bench.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

const SECRET = 'north-of-here';

const bench = await openBench();
const turn = await startTurn({ secret: SECRET });
after(async () => {
  await bench.close();
  await turn.close();
});

/** What the call's connection has to do with TURN: the password it was given, and the ways it has offered. */
function relayed() {
  const { softphone, worker } = globalThis.b24worker;
  const connection = softphone.peerConnection(worker.call.phoneCallId);
  const [{ urls, username, credential }] = connection.getConfiguration().iceServers;
  const ways = [...connection.localDescription.sdp.matchAll(/ typ (\w+)/g)].map(([, type]) => type);
  return { url: [urls].flat()[0], username, credential, ways: [...new Set(ways)] };
}

for (const adapter of ['jssip', 'sipjs']) {
  test(`${adapter}: a customer is heard through the TURN server alone, by a password that the host has computed and no log has`, async () => {
    const user = bench.newUser('operator');
    const stack = await startLife({
      hostArgs: ['--accounts', '--turn', turn.url],
      host: { adapter, adapterOptions: { server: bench.server.server, relayOnly: true }, env: { B24_HOST_CLIENT_SECRET: 'simulator', B24_HOST_TURN_SECRET: SECRET } },
    });
    const customer = await bench.phone(adapter, bench.newUser('customer'));
    let portal;
    try {
      await stack.install();
      portal = await Portal.open(bench.context.browser(), stack);
      const app = await AppPage.contactCentre(portal.context, stack);
      for (const [name, value] of Object.entries({ domain: DOMAIN, account: user, password: `secret-${user}` })) await app.page.locator(`#settings [name=${name}]`).fill(value);
      await app.page.locator('#settings button.main').click();
      await until(async () => user in (await bench.server.registrations()), { what: 'the operator to be registered' });
      await app.close();
      await portal.page.bringToFront();
      await until(() => portal.ask(() => globalThis.b24worker?.registered === true), { what: 'the worker to know' });

      const call = await customer.dials({ user });
      await portal.card('incoming');
      await portal.press('answer');
      await portal.card('connected');
      await Promise.all([portal.sound({ speaks: true, hears: true }), customer.sound(call, { speaks: true, hears: true })]);
      const { url, username, credential, ways } = await portal.ask(relayed);
      assert.deepEqual([url, ways], [turn.url, ['relay']]);
      assert.match(username, /^\d{10}:1$/, 'it ends, and is the first employee\'s');
      await portal.press('hangup');
      await customer.told('ended', { callId: call });
      await portal.recorded();
      await portal.card(null);
      await portal.silent();
      await customer.endsClean();

      const { errors } = await portal.diagnostics();
      const said = { host: stack.host.log(), portal: stack.simulator.log(), turn: turn.log, sip: bench.server.log, diagnostics: JSON.stringify(errors) };
      for (const [where, text] of Object.entries(said)) {
        for (const secret of [credential, SECRET, `secret-${user}`]) assert.ok(!text.includes(secret), `a password is in what ${where} says`);
      }
    } catch (error) {
      error.message += `\n${JSON.stringify(await portal?.diagnostics().catch(() => null))}\n${stack.logs()}\n${turn.log.slice(-2000)}`;
      throw error;
    } finally {
      await customer.close();
      await portal?.close();
      await stack.stop();
    }
  });
}
