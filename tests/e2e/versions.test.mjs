// The host is updated while pages are open: the newer hub takes over between calls, never during one.

import assert from 'node:assert/strict';

import { Operator } from '../support/operator.mjs';
import { startStack } from '../support/servers.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

/** From now on pages that are loaded are of a newer version, whose hub is a file of its own. */
const update = ({ context }, stack) =>
  context.route((url) => url.href.startsWith(`${stack.host.url}/handler`), async (route) => {
    const response = await route.fetch();
    const page = await response.text();
    const newer = page.replace(/("hub":\{"script":"[^"]+)("[^}]+"version":)(\d+)/, (_, script, between, version) => `${script}?newer${between}${Number(version) + 1}`);
    assert.notEqual(newer, page);
    await route.fulfill({ response, body: newer });
  });

const phone = (tab) => tab.api('GET', '/sim/phone');
const hasSeat = (tab) => tab.ask(() => globalThis.b24worker.worker?.hasSeat === true);

test('a newer version waits for the call to end, registers when the older has signed off, and older pages say that they must be reloaded', async () => {
  const stack = await startStack();
  const operator = await Operator.start(stack);
  try {
    const older = await (await operator.tab()).ready();
    await older.ring();
    await older.card('incoming');
    await older.press('answer');
    await older.card('connected');
    await older.sound({ speaks: true, hears: true });

    await update(operator, stack);
    const newer = await operator.tab();
    await until(async () => (await newer.binds()).length >= 17, { what: 'the newer page to be there' });
    await older.front();
    await older.sound({ speaks: true, hears: true });
    assert.equal((await phone(older)).registered, 1, 'one phone');
    assert.equal(await hasSeat(newer), false, 'the newer one waits');
    await older.press('mute');
    await older.customerSees({ muted: true });
    await older.press('hangup');
    const { finish } = await older.recorded();
    assert.equal(finish.CALL_FAILED_CODE, '200');

    await until(() => hasSeat(newer), { what: 'the newer version to take over' });
    await until(async () => (await phone(newer)).registered === 1, { what: 'one registered softphone' });
    const told = await until(async () => (await older.diagnostics()).errors.find(({ code }) => code === 'HUB'), {
      what: 'the older page to say what to do',
    });
    assert.match(told.message, /newer version.*reload/);

    await newer.front();
    await newer.ring({ number: '+12025550142', displayName: 'Next' });
    await newer.card('incoming');
    await newer.press('answer');
    await newer.card('connected');
    await newer.sound({ speaks: true, hears: true });
    // The older page is reloaded in mid-call: it is of the newer version now, and shows the call.
    await older.reload();
    await older.card('connected');
    await newer.sound({ speaks: true, hears: true });
    await older.front();
    await older.press('hangup');
    await older.recorded(2);
    const calls = await newer.calls();
    assert.deepEqual(calls.map(({ registrations, finishRequests }) => [registrations, finishRequests]), [[1, 1], [1, 1]]);
    assert.equal((await phone(newer)).registered, 1);
  } catch (error) {
    error.message += `\n\n${stack.logs(30)}`;
    throw error;
  } finally {
    await operator.close();
    await stack.stop();
  }
});
