// The loopback softphone keeps the contract, its far end played by the adapter itself.

import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { after } from 'node:test';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';

import { launchChromium } from '../support/browser.mjs';
import { contract } from './suite.mjs';

const WWW = fileURLToPath(new URL('../../www/', import.meta.url));

const server = createServer((request, response) => {
  const path = normalize(new URL(request.url, 'http://x').pathname);
  if (!path.endsWith('.js')) return response.setHeader('content-type', 'text/html').end('<!doctype html><title>bench</title>');
  response.setHeader('content-type', 'text/javascript');
  createReadStream(join(WWW, path)).on('error', () => response.writeHead(404).end()).pipe(response);
});
const base = await new Promise((resolve) => {
  server.listen(0, '127.0.0.1', () => resolve(`http://localhost:${server.address().port}`));
});
// Sound needs no click here: that is the page's matter, not the adapter's.
const chromium = await launchChromium({ flags: ['--autoplay-policy=no-user-gesture-required'] });
after(async () => {
  await chromium.close();
  server.close();
});

contract('loopback', async () => {
  const context = await chromium.browser.newContext();
  const page = await context.newPage();
  await page.goto(base);
  await page.evaluate(async () => {
    const { default: loopback } = await import('/adapters/loopback.js');
    globalThis.softphone = loopback({ line: '+15550100', answerAfterMs: 1e9 });
    globalThis.told = [];
    softphone.start((event) => told.push(event));
  });
  const remote = (method) => (...args) => page.evaluate(([method, args]) => void softphone.remote[method](...args), [method, args]);
  return {
    ask: (method, ...args) => page.evaluate(([method, args]) => softphone[method](...args), [method, args]),
    events: () => page.evaluate(() => told),
    farEnd: {
      call: remote('call'),
      answer: remote('answer'),
      decline: remote('decline'),
      hangUp: remote('hangUp'),
      digits: () => page.evaluate(() => softphone.remote.digits),
    },
    audio: (call) => page.evaluate((call) => softphone.audio(call), call),
    live: () => page.evaluate(() => softphone.live),
    close: () => context.close(),
  };
});
