// The host refuses a misspelt option at start by the typings. They must say what the code itself takes.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { optionTypes } from '../../scripts/options.mjs';
import { ROOT } from '../support/servers.mjs';

const ADAPTERS = join(ROOT, 'www/adapters');
const types = optionTypes();

test('the typings of the worker name exactly the options it reads', () => {
  const [, fields] = /pub struct Options \{([^]*?)\n\}/.exec(readFileSync(join(ROOT, 'src/browser/options.rs'), 'utf8'));
  const read = [...fields.matchAll(/^ {4}pub (\w+):/gm)].map(([, name]) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase()));
  assert.ok(read.length > 5, 'the struct was found');
  const typed = Object.keys(types.worker).filter((name) => !['softphone', 'hub', 'media', 'report'].includes(name));
  assert.deepEqual(typed.sort(), read.sort());
});

test('the typings of the SIP adapters name exactly the options they know', async () => {
  const path = readdirSync(ADAPTERS, { recursive: true }).find((it) => it.endsWith('/options.js'));
  const { readOptions } = await import(join(ADAPTERS, path));
  const told = await readOptions('jssip', { nonsense: 1 }).then(() => '', (error) => error.message);
  const known = /there are (.*)$/.exec(told)[1].split(', ');
  assert.ok(known.length > 10, told);
  for (const name of ['jssip', 'sipjs']) assert.deepEqual(Object.keys(types.adapters[name]).sort(), known, name);
});

test('values and inner keys are told too', () => {
  assert.deepEqual(types.worker.transfer, { types: ['string'], values: ['attended', 'blind'] });
  assert.ok('connected' in types.worker.statusTexts.properties);
  assert.deepEqual(Object.keys(types.adapters.jssip.reconnect.properties), ['first', 'last']);
  assert.equal(types.adapters.jssip.extensions.properties, undefined, 'a map takes any key');
  assert.equal(types.adapters.jssip.microphone.properties, undefined, 'what the browser defines is not ours');
  assert.deepEqual(types.adapters.loopback.network, { types: ['string'] });
});
