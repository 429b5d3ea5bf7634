// The examples of docs/adapters.md are what they say: they compile against the interface, and they
// keep the interface's rules.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { pathToFileURL } from 'node:url';

import { mayRefer } from '../../www/adapters/signalling/referrals.js';
import { ROOT } from '../support/servers.mjs';
import { test } from '../support/test.mjs';

const folder = mkdtempSync(join(tmpdir(), 'b24-example-'));
const file = join(folder, 'adapters/example.js');
const office = join(folder, 'adapters/office.js');
let sockets;

before(() => {
  const page = readFileSync(join(ROOT, 'docs/adapters.md'), 'utf8');
  mkdirSync(join(folder, 'adapters'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  for (const [name, path] of Object.entries({ example: file, office })) {
    const example = new RegExp(`\`\`\`js\\n(// www/adapters/${name}\\.js\\n[\\s\\S]*?)\`\`\``).exec(page)?.[1];
    assert.ok(example, `docs/adapters.md has the example ${name}`);
    writeFileSync(path, example);
  }
  for (const typings of ['softphone.d.ts', 'adapters/jssip.d.ts', 'adapters/sip-options.d.ts']) copyFileSync(join(ROOT, 'www', typings), join(folder, typings));
  // What is wrapped is played: it shows what it is given.
  writeFileSync(join(folder, 'adapters/jssip.js'), 'export default (options) => options; export const inHub = (options) => options;');
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** The example's softphone, connected to a PBX that the test plays. */
async function opened() {
  sockets = [];
  globalThis.WebSocket = class {
    static OPEN = 1;
    readyState = 1;
    sent = [];
    constructor() {
      sockets.push(this);
    }
    send(text) {
      this.sent.push(JSON.parse(text));
    }
    close() {
      this.readyState = 3;
      this.onclose();
    }
  };
  const { default: example } = await import(pathToFileURL(file));
  const told = [];
  const reports = [];
  const phone = example({ server: 'wss://pbx.example.com' }, { report: (problem) => reports.push(problem) });
  phone.start((event) => told.push(event));
  const [pbx] = sockets;
  pbx.onopen();
  const says = (message) => pbx.onmessage({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  return { phone, told, reports, pbx, says };
}

test('the examples compile against the interface, strictly', () => {
  const config = {
    compilerOptions: { strict: true, checkJs: true, allowJs: true, noEmit: true, target: 'es2022', module: 'nodenext', lib: ['es2022', 'dom'], types: [] },
    files: [file, office],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'node_modules/.bin/tsc'), ['--project', folder], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
});

test('the worked example rings, answers, holds, and ends a call once', async () => {
  const { phone, told, pbx, says } = await opened();
  says({ type: 'ring', call: '7', from: '+15550199' });
  phone.answer('7');
  says({ type: 'answered', call: '7' });
  phone.setHeld('7', true);
  phone.hangUp('7');
  phone.hangUp('7');
  says({ type: 'bye', call: '7' });
  phone.setMuted('7', true);
  assert.deepEqual(told.map(({ type }) => type), ['registered', 'incoming', 'connected', 'held', 'ended']);
  assert.deepEqual(pbx.sent.map(({ type }) => type), ['answer', 'hold', 'bye']);
  phone.stop();
});

test('the worked example tells why a call was refused, and that the PBX can\'t be reached', async () => {
  const { phone, told, reports, pbx, says } = await opened();
  phone.dial('a', '+15550100');
  says({ type: 'bye', call: 'a', status: 486 });
  assert.deepEqual(told.at(-1).cause, { by: 'remote', status: 486 });
  says('no JSON');
  assert.equal(reports[0].code, 'MALFORMED');
  pbx.readyState = 3;
  phone.dial('b', '+15550100');
  assert.equal(told.at(-1).cause.code, 'UNREGISTERED');
  phone.stop();
});

test('an adapter without its options says what is missing', async () => {
  const { default: example } = await import(pathToFileURL(file));
  assert.throws(() => example({}), /server is missing/);
});

test('the office\'s adapter follows transfers to colleagues only, in a page and in a hub', async () => {
  const { default: inPage, inHub } = await import(pathToFileURL(office));
  for (const made of [inPage, inHub]) {
    const options = { domain: 'pbx.example.com', servers: ['wss://pbx.example.com'], ...made({ uri: 'sip:101@pbx.example.com' }, {}) };
    const may = (number) => mayRefer(options, { callId: '7', number, referrer: 'pbx.example.com' }, assert.fail);
    assert.deepEqual([await may('103'), await may('1030'), await may('+15550199')], [true, false, false]);
  }
});

for (const [what, decides, asked] of [['says yes', () => true, true], ['says yes later', async () => true, true], ['says something else than yes', () => 'no', false], ['says nothing', () => new Promise(() => {}), false]]) {
  test(`whoever decides about a transfer and ${what} ${asked ? 'has it followed' : 'has it not followed'}`, async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const to = { callId: '7', number: '+15550199', displayName: 'Ann' };
    const told = [];
    const outcome = mayRefer({ followTransfers: (it) => (told.push(it), decides()), domain: 'x', servers: [] }, { ...to, referrer: 'carrier.example' }, assert.fail);
    t.mock.timers.tick(30_000);
    assert.equal(await outcome, asked);
    assert.deepEqual(told, [to]);
  });
}
