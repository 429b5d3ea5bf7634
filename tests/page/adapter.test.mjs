// The handler page with a softphone adapter that does not do what it should: a coded entry says so,
// and the portal's page is unharmed.

import assert from 'node:assert/strict';

import { until } from '../support/until.mjs';
import { story, unreachable } from './bench.mjs';

story('the adapter fails to load once: it is told, and comes in the end', { routes: { '/assets/loopback.': unreachable(1) } }, async (page) => {
  await page.opens();
  await page.error('ADAPTER_UNREACHABLE');
  await page.is('ready');
});

story('the adapter throws while it loads', { adapter: 'throw new Error("no SIP library")' }, async (page) => {
  await page.opens();
  const { message } = await page.error('ADAPTER_UNREACHABLE');
  assert.match(message, /no SIP library/);
});

story('the adapter exports no factory', { adapter: 'export const softphone = {}' }, async (page) => {
  await page.opens();
  await page.failsWith('ADAPTER_UNREACHABLE', /default export/);
});

story('the adapter can not make a softphone', { adapter: 'export default () => { throw new Error("no account") }' }, async (page) => {
  await page.opens();
  await page.failsWith('SOFTPHONE', /no account/);
});

story('what the adapter makes is no softphone', { adapter: 'export default () => ({})' }, async (page) => {
  await page.opens();
  await page.failsWith('SOFTPHONE', /start/);
});

story('the softphone does not start: the worker does not, and the softphone is signed off', {
  adapter: `export default () => ({
    start() { throw new Error('no microphone for user 5 at +49 30 1234567 with 0123456789abcdef0123456789abcdef') },
    stop() { globalThis.stopped = true },
  })`,
}, async (page) => {
  await page.opens();
  await page.is('failed');
  // The hub tells it, a moment later.
  const { message } = await until(async () => (await page.diagnostics()).errors.find(({ code }) => code === 'SOFTPHONE'), { what: 'the error' });
  assert.match(message, /no microphone for user 5/);
  assert.doesNotMatch(message, /1234567|0123456789abcdef/, 'nobody\'s number and no token stands in the diagnostics');
  await until(() => page.ask(() => globalThis.stopped), { what: 'the softphone to be stopped' });
});

story('what an adapter reports or leaves uncaught is in the diagnostics', {
  adapter: `export default (options, page) => ({
    start() {
      page.report({ code: 'AUTOPLAY_BLOCKED', message: 'no sound yet' });
      page.report({ code: 'a code nobody knows', message: 'odd' });
      page.report(null);
      void Promise.reject(new Error('forgotten'));
      setTimeout(() => { throw 'dropped' });
    },
  })`,
}, async (page) => {
  await page.opens();
  await page.is('ready');
  await until(async () => (await page.diagnostics()).errors.filter(({ code }) => code === 'UNEXPECTED').length === 2, { what: 'both' });
  const { errors } = await page.diagnostics();
  const told = (code) => errors.filter((error) => error.code === code).map(({ message }) => message);
  assert.deepEqual(told('AUTOPLAY_BLOCKED'), ['no sound yet']);
  assert.deepEqual(told('SOFTPHONE'), ['odd', 'null']);
  assert.deepEqual(told('UNEXPECTED').sort(), ['dropped', 'forgotten']);
});

story('the diagnostics keep the newest fifty errors', {
  adapter: `export default (options, page) => ({
    start() { for (let i = 0; i < 80; i++) page.report({ code: 'NOISE', message: String(i) }) },
  })`,
}, async (page) => {
  await page.opens();
  const newest = (errors) => errors.filter(({ code }) => code === 'NOISE').at(-1)?.message;
  await until(async () => newest((await page.diagnostics()).errors) === '79', { what: 'the last of eighty errors' });
  const { errors } = await page.diagnostics();
  assert.equal(errors.length, 50);
});
