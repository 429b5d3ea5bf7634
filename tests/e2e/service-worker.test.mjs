// The browser has the handler's page, and answers the portal with it: the host may be slow, down, or of another version.

import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';

import { AppPage } from '../support/app-page.mjs';
import { newerBuild } from '../support/builds.mjs';
import { startLife } from '../support/life.mjs';
import { Operator } from '../support/operator.mjs';
import { loopbackOf, startHost, startStack } from '../support/servers.mjs';
import { registered, saysReload, seatOf } from '../support/tabs.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

/** Tells a story that begins with one tab, whose page the browser has kept. `again` puts up another host in place of the first. */
function story(name, tell, { life } = {}) {
  test(name, async () => {
    const stack = life ? await startLife() : await startStack();
    const operator = await Operator.start(stack);
    let host = stack.host;
    const again = async (options) => {
      const { port } = new URL(stack.host.url);
      await host.stop();
      host = await startHost({ ...loopbackOf(stack.simulator.url), port, ...options });
      return host;
    };
    try {
      if (life) await stack.install();
      await operator.context.addInitScript(keepAtOnce);
      const tab = await (await operator.tab()).ready();
      await keeps(tab, 1);
      // What the browser has besides may go at any time.
      await tab.devtools.send('Network.clearBrowserCache');
      await tell(tab, operator, again);
      const { strikes } = await stack.simulator.api('GET', '/sim/state');
      assert.equal(strikes, 0);
    } catch (error) {
      error.message += `\n${await operator.told()}\n${stack.logs()}\n${host.log()}`;
      throw error;
    } finally {
      await operator.close();
      await host.stop();
      await stack.stop();
    }
  });
}

/** Runs in each page and frame: what the page puts off until it has loaded, it does at once. */
function keepAtOnce() {
  const native = globalThis.setTimeout;
  globalThis.setTimeout = (task, ms, ...rest) => native(task, ms === 8000 ? 0 : ms, ...rest);
}

const kept = () => caches.keys().then((names) => names.filter((name) => name.startsWith('b24 page')));

/** Until so many versions of the page are in the browser, each with all its files. */
const keeps = (tab, count) => until(async () => {
  const worker = await tab.ask(() => navigator.serviceWorker.getRegistration().then((it) => it?.active?.state));
  const names = await tab.ask(kept);
  if (worker === 'activated' && names.length === count) return true;
  throw new Error(`it is ${worker}, with ${names}`);
}, { what: `the browser to keep ${count} page(s)` });

const hubOf = (tab) => tab.ask(() => JSON.parse(document.getElementById('b24-config').textContent).hub.script);

async function callIsHeard(tab) {
  const before = (await tab.calls()).length;
  await registered(tab, 1);
  await tab.ring();
  await tab.card('incoming');
  await tab.press('answer');
  await tab.card('connected');
  await (await seatOf(tab.operator.tabs)).sound({ speaks: true, hears: true });
  await tab.customer('hangup');
  await tab.recorded(before + 1);
}

story('the host is down: the next page comes from the browser, and so do all its files; the call rings and is heard', async (tab, operator) => {
  await tab.close();
  await operator.endSharedWorkers();
  await operator.stack.host.stop();
  const next = await (await operator.tab('/crm/deal/details/7/')).ready();
  await callIsHeard(next);
  const behind = await (await operator.tab()).ready();
  await callIsHeard(behind);
});

story('a new version: the page that is kept has its own files, which the host has no longer, and the page after it is new', async (tab, operator, again) => {
  const dist = await newerBuild();
  const old = await hubOf(tab);
  await tab.close();
  await operator.endSharedWorkers();
  try {
    await again({ dist });
    const next = await (await operator.tab()).ready();
    assert.equal(await hubOf(next), old);
    await callIsHeard(next);
    await keeps(next, 2);
    const after = await (await operator.tab()).ready();
    assert.equal(await hubOf(after), '/assets/hub.newer.js');
    await saysReload(next);
    await callIsHeard(after);
    // The version before is put up again, in a hurry.
    await again();
    const back = await (await operator.tab()).ready();
    assert.equal(await hubOf(back), '/assets/hub.newer.js');
    await until(async () => hubOf(await (await operator.tab()).ready()).then((hub) => hub === old), { what: 'the version before to be back' });
  } finally {
    await rm(dist, { recursive: true });
  }
});

story('what the portal posts is kept nowhere, and no two pages have the same nonce', async (tab, operator) => {
  const nonce = () => document.querySelector('script[nonce]').nonce;
  const next = await (await operator.tab()).ready();
  const third = await (await operator.tab()).ready();
  const nonces = await Promise.all([tab, next, third].map((its) => its.ask(nonce)));
  assert.equal(new Set(nonces).size, 3, nonces.join());
  const { texts, token } = await next.ask(async () => {
    const texts = [];
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) texts.push(name, request.url, await (await cache.match(request)).text());
    }
    return { texts: texts.join('\n'), token: BX24.getAuth() };
  });
  assert.ok(texts.includes('b24-config'), 'the page is in it');
  for (const secret of [token.access_token, token.refresh_token, token.member_id]) assert.ok(secret && !texts.includes(secret));
});

story('the host hears of a portal whose pages come from the browser: the first of them is posted to it behind, the next a day later', async (tab, operator) => {
  const posts = () => operator.stack.host.log().split('\n').filter((line) => line.includes('/handler') && line.includes('POST')).length;
  const before = posts();
  await (await operator.tab()).ready();
  await until(() => posts() === before + 1, { what: 'the portal\'s post to reach the host' });
  const third = await (await operator.tab()).ready();
  await callIsHeard(third);
  assert.equal(posts(), before + 1);
  await third.ask(async () => {
    const told = await caches.open('b24 told 1');
    const [portal] = await told.keys();
    await told.put(portal, new Response(String(Date.now() - 25 * 60 * 60 * 1000)));
  });
  await (await operator.tab()).ready();
  await until(() => posts() === before + 2, { what: 'it to reach the host a day later' });
});

story('a host that is to do without: browsers forget the page, and the next one comes from the host', async (tab, operator, again) => {
  await again({ args: ['--no-service-worker'] });
  await (await operator.tab()).ready();
  await until(() => tab.ask(async () => !(await navigator.serviceWorker.getRegistration()) && (await caches.keys()).length === 0), {
    what: 'the browser to forget the page',
  });
  const next = await (await operator.tab()).ready();
  assert.equal(await next.ask(() => navigator.serviceWorker.controller), null);
  await callIsHeard(next);
});

story('the app\'s other pages have the same address, and come from the host', async (tab, operator) => {
  const page = await AppPage.contactCentre(operator.context, operator.stack);
  await page.says('h1', /./);
  assert.ok(await page.page.locator('form').count() > 0);
  await callIsHeard(await (await operator.tab()).ready());
}, { life: true });
