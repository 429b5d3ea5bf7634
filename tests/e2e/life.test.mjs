// The app's whole life on a portal: installed, at work in two tabs, deleted for being slow, back
// again, uninstalled.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { launchShell, WINDOW } from '../support/browser.mjs';
import { CLIENT_ID, startLife } from '../support/life.mjs';
import { CUSTOMER, Portal } from '../support/portal.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

const { browser, close } = await launchShell();
after(close);

test('installed, bound, two tabs, a click dials once, a signal opens a slider, deleted, back, the next call rings, uninstalled', async (t) => {
  const stack = await startLife();
  t.after(() => stack.stop());
  try {
    await installed(stack);
    const portal = await Portal.open(browser, stack);
    t.after(() => portal.close());
    await portal.ready();
    const other = await portal.anotherTab();
    await portal.page.bringToFront();
    await portal.listening();

    await dialsOnce(portal);
    await opensASliderOnce(portal, other);
    await other.close();
    await deletedAndBack(stack, portal);
    await theNextCallRings(portal);
    await uninstalled(stack, portal);
  } catch (error) {
    error.message += `\n\n${stack.logs(40)}`;
    throw error;
  }
});

async function installed(stack) {
  assert.deepEqual(await stack.rows(), []);
  const context = await browser.newContext(WINDOW);
  const page = await context.newPage();
  await page.goto(`${stack.simulator.url}/marketplace/app/${CLIENT_ID}/`);
  await page.waitForURL(/install_finished=Y/);
  await context.close();
  await stack.bound();
  assert.match(await stack.command('status'), /portal\.localhost/);
}

async function dialsOnce(portal) {
  await portal.clickNumber(CUSTOMER.number);
  await portal.network('ringing');
  // The backend was told, and has told the worker: both have asked for the same call.
  await portal.api('GET', '/sim/wait?kind=event&name=ONEXTERNALCALLSTART');
  await portal.api('GET', '/sim/wait?kind=pull&name=deliver&contains=dial');
  await portal.customer('answer');
  await portal.connectedSomewhere();
  await portal.customer('hangup');
  const call = await portal.recorded();
  assert.equal((await portal.outgoing()).length, 1, 'dialled once');
  assert.deepEqual([call.registrations, call.finishRequests], [1, 1]);
}

async function opensASliderOnce(portal, other) {
  const answer = await portal.ask(async () => {
    const { access_token, member_id } = globalThis.BX24.getAuth();
    const response = await fetch(`/signals/${member_id}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${access_token}` },
      body: JSON.stringify({ command: 'openPath', fields: { path: '/crm/deal/details/7/' } }),
    });
    return response.status;
  });
  assert.equal(answer, 204);
  const opened = (tab) => tab.page.locator('iframe[src*="/crm/deal/details/7/"]').count();
  await until(async () => (await opened(portal)) + (await opened(other)) > 0, { what: 'a slider with the deal' });
  assert.equal((await opened(portal)) + (await opened(other)), 1, 'one slider in all tabs');
}

async function deletedAndBack(stack, portal) {
  const { api } = stack.simulator;
  const [before] = await stack.rows('PAGE_BACKGROUND_WORKER');
  await api('PUT', '/sim/faults', { loadLimitMs: 0 });
  for (let load = 1; load <= 11; load++) {
    await portal.page.goto(stack.simulator.url);
    const gone = async () => (await stack.rows('PAGE_BACKGROUND_WORKER'))[0]?.strikes !== load - 1;
    await until(gone, { what: `load ${load} to be a strike` });
  }
  await api('PUT', '/sim/faults', { loadLimitMs: 5000 });
  await api('GET', '/sim/wait?kind=event&contains=ERROR_PLACEMENT_LOADING_OVERTIME');
  const [after] = await until(
    async () => {
      const rows = await stack.rows('PAGE_BACKGROUND_WORKER');
      return rows[0]?.strikes === 0 && rows;
    },
    { what: 'the host to bind the handler again' },
  );
  assert.equal(after.handler, before.handler);
}

async function theNextCallRings(portal) {
  await portal.page.goto(portal.stack.simulator.url);
  portal.id = await portal.page.evaluate(() => document.documentElement.dataset.page);
  await portal.ready();
  await portal.ring();
  await portal.card('incoming');
  await portal.press('answer');
  await portal.card('connected');
  await portal.sound({ speaks: true, hears: true });
  await portal.press('hangup');
  await portal.recorded(2);
}

async function uninstalled(stack, portal) {
  await stack.simulator.api('POST', '/sim/app/uninstall', { clean: true });
  await until(async () => !(await stack.command('status')).includes('portal.localhost'), { what: 'the host to forget the portal' });
  assert.deepEqual(await stack.rows(), []);
  await portal.page.goto(stack.simulator.url);
  assert.equal(portal.page.frames().length, 1, 'no frame any more');
}
