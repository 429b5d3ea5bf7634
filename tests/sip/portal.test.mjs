// A real SIP call in the hidden frame of a portal page: the adapter, the worker, the card, the record.

import assert from 'node:assert/strict';
import { after } from 'node:test';

import { Portal } from '../support/portal.mjs';
import { startStack } from '../support/servers.mjs';
import { openBench } from '../support/sip-bench.mjs';
import { startBaresip, startRtpengine } from '../support/gateway.mjs';
import { DOMAIN, startKamailio } from '../support/kamailio.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

/** The extension of an employee the card offers to transfer to. */
const COLLEAGUE = '103';

const bench = await openBench();
const ordinary = bench;
/** A server whose telephones speak plain RTP. */
const rtpengine = await startRtpengine();
const office = await startKamailio({ rtpengine: rtpengine.port });
const officeBench = await openBench({ server: office });
after(async () => {
  await Promise.all([bench.close(), officeBench.close()]);
  await Promise.all([office.stop(), rtpengine.close()]);
});

for (const adapter of ['jssip', 'sipjs']) {
  story(adapter, 'a customer calls, the card answers, holds and hangs up, and the call is recorded', async ({ portal, customer, operator }) => {
    const call = await talks(portal, customer, operator);
    await portal.press('hold');
    await portal.pressed('hold');
    await customer.told('held', { callId: call, held: true, by: 'remote' });
    await customer.sound(call, { hears: false });
    await portal.press('hold');
    await customer.told('held', { callId: call, held: false, by: 'remote' });
    await portal.sound({ speaks: true, hears: true });
    await portal.press('hangup');
    await customer.told('ended', { callId: call });
    assert.equal((await portal.recorded()).finish.CALL_FAILED_CODE, '200');
    await until(async () => (await portal.calls())[0].recordBytes, { what: 'the recording to be attached' });
  });

  story(adapter, 'a customer is handed over to a colleague who was asked first', async ({ portal, customer, colleague, operator }) => {
    const call = await talks(portal, customer, operator);
    await portal.press('transfer');
    await picks(portal, colleague.user);
    await portal.card('transferring');
    const { callId: asked } = await colleague.rings();
    await colleague.ask('answer', asked);
    await colleague.told('connected', { callId: asked });
    await customer.told('held', { callId: call, held: true, by: 'remote' });
    await portal.press('completeTransfer');
    await portal.card(null);
    await customer.told('transferred', { callId: call });
    await customer.sound(call, { speaks: true, hears: true });
    assert.equal((await portal.recorded()).finish.CALL_FAILED_CODE, '200');
    await customer.ask('hangUp', call);
    await customer.told('ended', { callId: call });
    await portal.silent();
  });

  story(adapter, 'a customer is sent to a colleague who is not asked', async ({ portal, customer, colleague, operator }) => {
    const call = await talks(portal, customer, operator);
    await portal.press('transfer');
    await picks(portal, colleague.user);
    await portal.card('transferring');
    await colleague.rings();
    await portal.press('completeTransfer');
    const rings = await until(async () => {
      const rung = (await colleague.events()).filter(({ type }) => type === 'incoming');
      return rung.length > 1 && rung.at(-1);
    }, { what: 'the customer to ring at the colleague' });
    await colleague.ask('answer', rings.callId);
    await customer.told('transferred', { callId: call });
    await customer.sound(call, { speaks: true, hears: true });
    await portal.card(null);
    assert.equal((await portal.recorded()).finish.CALL_FAILED_CODE, '200');
    await customer.ask('hangUp', call);
    await portal.silent();
  });

  story(adapter, 'a colleague who declines leaves the customer to be taken back', async ({ portal, customer, colleague, operator }) => {
    const call = await talks(portal, customer, operator);
    await portal.press('transfer');
    await picks(portal, colleague.user);
    const { callId: asked } = await colleague.rings();
    await colleague.ask('reject', asked, 603);
    await portal.card('transferFailed');
    await portal.press('cancelTransfer');
    await portal.card('connected');
    await customer.sound(call, { speaks: true, hears: true });
    await customer.ask('hangUp', call);
    await portal.card(null);
    await portal.recorded();
  });

  story(adapter, 'a second caller hears busy and is recorded, and the first call goes on', async ({ portal, customer, colleague, operator }) => {
    const call = await talks(portal, customer, operator);
    const second = await colleague.dials({ user: operator });
    const { cause } = await colleague.told('ended', { callId: second });
    assert.equal(cause.status, 486);
    await portal.recorded(1);
    await portal.sound({ speaks: true, hears: true });
    await portal.press('hangup');
    await customer.told('ended', { callId: call });
    await portal.recorded(2);
  });

  story(adapter, 'the operator calls a number of the page, and the customer is busy, then answers', async ({ portal, customer, operator }) => {
    await portal.ask((number) => void b24worker.worker.dial(number), customer.user);
    const { callId: first } = await customer.rings();
    await customer.ask('reject', first, 486);
    await portal.card('redial');
    await portal.press('makeCall');
    const again = await until(async () => {
      const rung = (await customer.events()).filter(({ type }) => type === 'incoming');
      return rung.length > 1 && rung.at(-1).callId;
    }, { what: 'the customer to be called again' });
    await customer.ask('answer', again);
    await portal.card('connected');
    await portal.sound({ speaks: true, hears: true });
    await customer.ask('hangUp', again);
    await portal.card(null);
    const record = await portal.recorded();
    assert.equal(record.finish.CALL_FAILED_CODE, '200');
    assert.ok(operator);
  });

  story(adapter, 'a telephone of the office calls through rtpengine: answered on the card, held, handed over, and recorded', async ({ portal, colleague, operator }) => {
    const telephone = await startBaresip(office, officeBench.newUser('telephone'));
    try {
      await telephone.dials(operator);
      await portal.card('incoming');
      await portal.press('answer');
      await portal.card('connected');
      await portal.sound({ speaks: true, hears: true });
      await portal.press('hold');
      await portal.pressed('hold');
      await portal.press('hold');
      await portal.sound({ speaks: true, hears: true });
      await portal.press('transfer');
      await picks(portal, colleague.user);
      await portal.card('transferring');
      const { callId: asked } = await colleague.rings();
      await portal.press('completeTransfer');
      const passed = await until(async () => {
        const rung = (await colleague.events()).filter(({ type }) => type === 'incoming');
        return rung.length > 1 && rung.at(-1).callId !== asked && rung.at(-1);
      }, { what: 'the telephone to ring at the colleague' });
      await colleague.ask('answer', passed.callId);
      await colleague.sound(passed.callId, { speaks: true, hears: true });
      await portal.card(null);
      assert.equal((await portal.recorded()).finish.CALL_FAILED_CODE, '200');
      await until(async () => (await portal.calls())[0].recordBytes, { what: 'the recording to be attached' });
      await colleague.ask('hangUp', passed.callId);
    } finally {
      await telephone.close();
    }
  }, officeBench);

  story(adapter, 'the operator leaves the page and comes back by the Back button: signed off, registered again, the next call rings', async ({ portal, customer, operator }) => {
    const registered = (is) =>
      until(async () => operator in (await bench.server.registrations()) === is, { what: `the operator ${is ? '' : 'not '}to be registered` });
    await portal.leave();
    await registered(false);
    await portal.comeBack();
    await registered(true);
    await connects(portal, customer, operator);
    await portal.press('hangup');
    await portal.recorded();
    await portal.visit('/'); // whose frames can be looked into
    await until(async () => (await portal.diagnostics()).state === 'ready', { what: 'the worker to be ready' });
  });
}

/** The customer calls, the operator answers on the card, and the customer is heard and hears. */
async function connects(portal, customer, operator) {
  const call = await customer.dials({ user: operator });
  await portal.card('incoming');
  await portal.press('answer');
  await portal.card('connected');
  await customer.told('connected', { callId: call });
  await customer.sound(call, { speaks: true, hears: true });
  return call;
}

/** The same, and so is the operator. */
async function talks(portal, customer, operator) {
  const call = await connects(portal, customer, operator);
  await portal.sound({ speaks: true, hears: true });
  return call;
}

/** The operator picks an employee's number as the transfer's target. */
const picks = (portal, target) =>
  portal.api('POST', `/sim/pages/${portal.id}/click`, { button: 'transfer', value: target });

function story(adapter, name, tell, bench = ordinary) {
  test(`${adapter}: ${name}`, async () => {
    const operator = bench.newUser('operator');
    const { server } = bench.server;
    const adapterOptions = { server, uri: `sip:${operator}@${DOMAIN}`, password: `secret-${operator}` };
    const stack = await startStack({ host: { adapter, adapterOptions, args: ['--record'] } });
    const phones = [];
    let portal;
    try {
      portal = await Portal.open(bench.context.browser(), stack);
      await until(async () => (await portal.diagnostics()).state === 'ready', { what: 'the worker to be ready' });
      await until(async () => operator in (await bench.server.registrations()), { what: 'the operator to be registered' });
      const phone = async (user) => {
        const opened = await bench.phone(adapter, user);
        phones.push(opened);
        return opened;
      };
      const [customer, colleague] = await Promise.all([phone(bench.newUser('customer')), phone(COLLEAGUE)]);
      await tell({ portal, customer, colleague, operator });
      await portal.card(null);
      await portal.silent();
      assert.deepEqual(await portal.brokenPromises(), []);
      for (const call of await portal.calls()) assert.equal(call.finishes, 1, `${call.CALL_ID} is recorded once`);
    } catch (error) {
      const diagnostics = await portal?.diagnostics().catch(() => null);
      error.message += `\n${JSON.stringify(diagnostics)}\n${stack.logs()}`;
      throw error;
    } finally {
      await Promise.all(phones.map((phone) => phone.close()));
      await portal?.close();
      await stack.stop();
    }
  });
}
