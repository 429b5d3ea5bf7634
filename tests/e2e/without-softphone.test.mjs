// An application that is for more than calls: no softphone, on pages without telephony and in sliders.

import assert from 'node:assert/strict';

import { Operator } from '../support/operator.mjs';
import { startStack } from '../support/servers.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

const ready = (tab) => until(async () => (await tab.diagnostics()).state === 'ready', { what: 'the worker to be ready' });

/** A signal to the operator, as a backend sends it. */
const signal = (tab, command, params) => tab.api('POST', '/sim/pull/send', {
  users: [1], command, params: { id: `s${Math.random()}`, expires: Date.now() / 1000 + 60, ...params },
});

const DEAL = '/crm/deal/details/7/';

test('without telephony and softphone: tabs and a slider hear signals, one does a thing, one slider opens, each page is known', async (t) => {
  const stack = await startStack({ host: { adapter: 'none' } });
  const operator = await Operator.start(stack);
  t.after(async () => {
    await operator.close();
    await stack.stop();
  });
  await stack.simulator.api('PUT', '/sim/faults', { interfaceNever: true, language: 'de' });
  const tabs = [await operator.tab(), await operator.tab(DEAL)];
  for (const tab of tabs) await ready(tab);
  const [first, second] = tabs;
  const pages = await Promise.all(tabs.map((tab) => tab.ask(() => b24worker.worker.page)));
  assert.deepEqual(pages.map(({ options }) => options.ID), ['PAGE_BACKGROUND_WORKER', 'PAGE_BACKGROUND_WORKER']);
  assert.deepEqual(pages.map(({ options }) => options.URI), ['/', DEAL]);
  assert.deepEqual(pages.map(({ language }) => language), ['de', 'de']);

  await second.listening();
  for (const tab of tabs) {
    await tab.ask(() => {
      globalThis.heard = [];
      const { worker } = b24worker;
      worker.on('signal', async ({ command, params }) => heard.push([command, await worker.once(params.task)]));
    });
  }
  await signal(first, 'greet', { task: 'greet deal 7' });
  const heard = await until(
    async () => {
      const all = (await Promise.all(tabs.map((tab) => tab.ask(() => heard)))).flat();
      return all.length === 2 && all;
    },
    { what: 'both tabs to hear it' },
  );
  assert.deepEqual(heard.sort(), [['greet', false], ['greet', true]]);

  // A number that nobody can dial is the application's affair, and no call for the portal.
  await signal(first, 'dial', { phoneNumber: '+12025550177', task: 'dial' });
  assert.equal(await first.ask(() => b24worker.worker.dial('+12025550177').catch(({ code }) => code)), 'SOFTPHONE');

  await second.front();
  await signal(first, 'openPath', { path: '/crm/contact/details/5/', task: 'open' });
  const slider = await until(
    async () => (await first.api('GET', '/sim/pages')).find((it) => it.slider && it.frames.length > 0),
    { what: 'a slider, with a worker of its own' },
  );
  // The slider's own worker hears the next signal, too.
  await signal(first, 'openApplication', { action: 'greet', task: 'app' });
  const opened = async (name) => (await first.api('GET', '/sim/log?since=0')).filter((it) => it.kind === 'in' && it.name === name);
  await until(async () => (await opened('openApplication')).length > 0, { what: 'the application to be opened' });
  assert.equal((await opened('openPath')).length, 1, 'one slider in all tabs');
  assert.equal((await opened('openApplication')).length, 1, 'once, in whichever page');
  assert.ok(slider.id);
  assert.deepEqual(await first.calls(), []);
  for (const tab of tabs) assert.deepEqual((await tab.diagnostics()).errors, []);
});
