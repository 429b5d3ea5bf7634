// A new version of the host is put up while pages of the one before are open.

import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { copyOfBuild, newerBuild } from '../support/builds.mjs';
import { Operator } from '../support/operator.mjs';
import { loopbackOf, startHost, startStack } from '../support/servers.mjs';
import { keepBusy, registered, saysReload } from '../support/tabs.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

/** A browser that keeps pages has the new version a load later (service-worker.test.mjs). */
const AT_ONCE = { args: ['--no-service-worker'] };

/** Tells a story that begins with one tab of the old version, its softphone registered. `deploy` puts the new one up. */
function story(name, tell) {
  test(name, async () => {
    const dist = await newerBuild();
    const stack = await startStack({ host: AT_ONCE });
    const operator = await Operator.start(stack);
    const deploy = async () => {
      const { port } = new URL(stack.host.url);
      await stack.host.stop();
      newer = await startHost({ ...loopbackOf(stack.simulator.url), ...AT_ONCE, port, dist });
    };
    let newer;
    try {
      const old = await (await operator.tab()).ready();
      await registered(old, 1);
      await tell(old, operator, deploy);
    } catch (error) {
      error.message += `\n${await operator.told()}\n${stack.logs()}\n${newer?.log()}`;
      throw error;
    } finally {
      await operator.close();
      await newer?.stop();
      await stack.stop();
      await rm(dist, { recursive: true });
    }
  });
}

/**
 * The next call rings once, in the tab of the new version, and is heard there. `late`: the other tab, whose
 * version is older, has its card first, and by that the portal shows none in this one.
 */
async function nextCallIsHeard(tab, { late } = {}) {
  const before = (await tab.calls()).length;
  if (late) await keepBusy(tab, 2500);
  await tab.ring();
  if (late) {
    await late.card('error');
    await until(async () => (await late.state()).card.statusText.startsWith('Reload this page'), {
      what: 'the older page’s card to say what helps',
    });
  }
  await tab.card('incoming');
  await tab.press('answer');
  await tab.card('connected');
  await tab.sound({ speaks: true, hears: true });
  await tab.customer('hangup');
  await tab.recorded(before + 1);
  const calls = await tab.calls();
  assert.equal(calls.length, before + 1, 'registered once');
  for (const call of calls) assert.equal(call.finishRequests, 1, 'finished once');
}

story('a new version waits until the call is over, and has the next one', async (old, operator, deploy) => {
  await old.ring();
  await old.card('incoming');
  await old.press('answer');
  await old.card('connected');
  await deploy();
  const fresh = await (await operator.tab('/crm/deal/details/7/')).ready();
  await fresh.page.bringToFront();
  await old.sound({ speaks: true, hears: true });
  assert.equal((await operator.sharedWorkers()).length, 2, 'the newer hub waits');
  await registered(old, 1);

  await old.customer('hangup');
  await old.recorded();
  await saysReload(old);
  await registered(fresh, 1);
  await nextCallIsHeard(fresh, { late: old });
});

story('a new version that comes between calls takes over at once, and an older page is of use again when it is reloaded', async (old, operator, deploy) => {
  await deploy();
  const fresh = await (await operator.tab()).ready();
  await saysReload(old);
  await registered(fresh, 1);
  await nextCallIsHeard(fresh);
  await fresh.close();
  await old.reload();
  await old.ready();
  await registered(old, 1);
  await nextCallIsHeard(old);
});

test('a hub that can\'t be loaded is told of on the page, and the phone comes when it can', async () => {
  const { dist, manifest, assets } = await copyOfBuild();
  const module = join(assets, manifest['hub_bg.wasm']);
  for (const packed of ['br', 'gz']) await rm(`${module}.${packed}`);
  await writeFile(module, 'no module');
  const stack = await startStack({ host: { dist } });
  const operator = await Operator.start(stack);
  let mended;
  try {
    const tab = await operator.tab();
    await until(
      () => tab.ask(() => globalThis.b24worker?.errors.some(({ code, message }) => code === 'HUB' && message.includes('can\'t be loaded'))),
      { what: 'the page to say that its hub can\'t be loaded' },
    );
    const { port } = new URL(stack.host.url);
    await stack.host.stop();
    mended = await startHost({ ...loopbackOf(stack.simulator.url), port });
    await registered(tab, 1);
    await nextCallIsHeard(tab);
  } catch (error) {
    error.message += `\n${await operator.told()}\n${stack.logs()}\n${mended?.log()}`;
    throw error;
  } finally {
    await operator.close();
    await mended?.stop();
    await stack.stop();
    await rm(dist, { recursive: true });
  }
});
