// What dies under an operator who has a browser of their own: after it the next call rings.

import assert from 'node:assert/strict';
import { after, before, beforeEach } from 'node:test';

import { Operator } from '../support/operator.mjs';
import { startStack } from '../support/servers.mjs';
import { test } from '../support/test.mjs';
import { until } from '../support/until.mjs';

let stack;
before(async () => {
  stack = await startStack();
});
beforeEach(() => stack.simulator.api('POST', '/sim/reset'));
after(() => stack?.stop());

/** A story of an operator with one tab, its worker ready. */
const story = (name, tell) => test(name, async () => {
  const operator = await Operator.start(stack);
  try {
    await tell(operator, await (await operator.tab()).ready());
  } catch (error) {
    error.message += `\n\n${stack.logs(30)}`;
    throw error;
  } finally {
    await operator.close();
  }
});

const nobodyRegistered = () =>
  until(async () => (await stack.simulator.api('GET', '/sim/phone')).registered === 0, { what: 'the softphone to be gone' });

async function theNextCallRings(tab) {
  await tab.ready();
  await tab.ring();
  await tab.card('incoming');
  await tab.press('answer');
  await tab.card('connected');
  await tab.sound({ speaks: true, hears: true });
  await tab.press('hangup');
  const { finish } = await tab.recorded();
  assert.equal(finish.CALL_FAILED_CODE, '200');
}

story('the page crashes, and is loaded anew', async (operator, tab) => {
  await tab.crash();
  await nobodyRegistered();
  await theNextCallRings(await tab.comeBackTo());
});

story('the process of the hidden frame crashes, and the page is reloaded', async (operator, tab) => {
  await operator.crashFrames();
  await nobodyRegistered();
  await tab.reload();
  await theNextCallRings(tab);
});

story('the browser is killed, and started again', async (operator) => {
  await operator.kill();
  await nobodyRegistered();
  await operator.restart();
  await theNextCallRings(await operator.tab());
});
