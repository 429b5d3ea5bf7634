// The app's pages, run on a document that only remembers.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import vm from 'node:vm';

/** A channel on which only the test is. */
class Tabs {
  static last;

  constructor() {
    Tabs.last = this;
  }

  postMessage() {}
}

/** An element that a page makes. */
class Made {
  dataset = {};
  children = [];

  constructor(tag) {
    this.tag = tag;
  }

  append(...children) {
    this.children.push(...children);
  }

  /** What it says, and all in it. */
  get text() {
    return this.textContent ?? this.children.map((child) => child.text ?? child).join('');
  }

  /** Those of this tag in it. */
  all(tag) {
    return this.children.flatMap((child) => (child instanceof Made ? [...(child.tag === tag ? [child] : []), ...child.all(tag)] : []));
  }
}

const file = (name) => readFile(new URL(`../../www/app/${name}`, import.meta.url), 'utf8');
const common = await file('common.js');

async function scriptOf(name) {
  const html = await file(name);
  const [, script] = /<script nonce="__B24_NONCE__">([\s\S]*?)<\/script>/.exec(html);
  return { html, script: script.replace('__B24_COMMON__', () => common) };
}

/** Runs a page's script; returns what it did. */
async function run(name, { options = {}, language = 'en', status = 200, answer = '{}', publicUrl } = {}) {
  const { html, script } = await scriptOf(name);
  const done = { requests: [], calls: [], elements: {} };
  const element = (selector) => (done.elements[selector] ??= {
    dataset: selector === 'main' ? { publicUrl } : {}, elements: {}, phone: {}, line: {}, hidden: selector === '#go', textContent: '',
    focus() { this.focused = true; }, click() { this.pending = this.onclick(); }, replaceChildren(...children) { this.children = children; }, append() {},
    password: { value: '', placeholder: '' },
  });
  const BX24 = new Proxy({}, {
    get: (_, call) => (...args) => {
      done.calls.push(call);
      if (call === 'init') args[0]();
      if (call === 'getLang') return language;
      if (call === 'getAuth') return { access_token: 'access1', member_id: 'a1' };
      if (call === 'placement') return undefined;
      return undefined;
    },
  });
  const portal = new Proxy(BX24, {
    get: (target, name) => (name === 'placement' ? { info: () => ({ placement: 'REST_APP_URI', options }) } : target[name]),
  });
  const context = vm.createContext({
    BX24: portal, setTimeout, clearTimeout, console, BroadcastChannel: Tabs, name: 'portal.example|1|a1',
    location: { origin: 'https://calls.example.com' },
    document: { documentElement: {}, querySelector: element, querySelectorAll: () => [], createElement: (tag) => new Made(tag) },
    fetch: async (path, init) => {
      done.requests.push({ path, ...init });
      return { ok: status < 400, status, text: async () => answer };
    },
  });
  new vm.Script(script, { filename: name }).runInContext(context);
  await new Promise(setImmediate);
  return { ...done, html };
}

test('a link to dial waits for a click, and then signals the worker', async () => {
  const page = await run('link.html', { options: { action: 'dial', phone: '+15550100' }, answer: '' });
  assert.equal(page.requests.length, 0);
  const go = page.elements['#go'];
  assert.ok(go.focused && !go.hidden);
  assert.equal(page.elements['#what'].textContent, '+15550100');
  await go.onclick();
  const [request] = page.requests;
  assert.equal(request.path, '/signals/a1');
  assert.equal(request.headers.Authorization, 'Bearer access1');
  assert.deepEqual(JSON.parse(request.body), { command: 'dial', fields: { phoneNumber: '+15550100' } });
  assert.equal(page.elements['[role=status]'].dataset.state, 'ok');
});

test('links to a call and to the diagnostics act at once', async () => {
  for (const [options, fields] of [[{ action: 'show', callId: 'c.1' }, { callId: 'c.1' }], [{ action: 'diagnostics' }, {}]]) {
    const page = await run('link.html', { options, answer: '' });
    await page.elements['#go'].pending;
    assert.deepEqual(JSON.parse(page.requests[0].body), { command: options.action, fields });
  }
});

test('a link with a command of the integrator’s own waits for a click, and then sends it with all else the link has', async () => {
  const options = { action: 'signal', command: 'queue.take', queue: 'sales', n: '2' };
  const page = await run('link.html', { options, answer: '' });
  assert.equal(page.requests.length, 0);
  assert.equal(page.elements['#what'].textContent, 'queue.take');
  await page.elements['#go'].onclick();
  assert.deepEqual(JSON.parse(page.requests[0].body), { command: 'queue.take', fields: { queue: 'sales', n: '2' } });
  for (const command of [undefined, '', 'a b', 'dial', 'show']) {
    const refused = await run('link.html', { options: { ...options, command } });
    assert.match(refused.elements['#heading'].textContent, /nothing this app can do/, command);
  }
});

test('a link that asks for nothing known says so and sends nothing', async () => {
  for (const options of [{}, [], { test: 'y' }, { action: 'toString' }, { action: 'dial' }, { action: 'show' }]) {
    const page = await run('link.html', { options });
    assert.match(page.elements['#heading'].textContent, /nothing this app can do/);
    assert.equal(page.requests.length, 0);
  }
});

test('the diagnostics link each code to its cause and cure', async () => {
  const page = await run('link.html', { options: { action: 'diagnostics' }, answer: '' });
  await page.elements['#go'].pending;
  const errors = ['SIP', '/"evil'].map((code) => ({ code, message: 'no answer', at: 0 }));
  Tabs.last.onmessage({ data: { type: 'tab', tab: 't', state: 'ready', since: 0, errors } });
  const [section] = page.elements['#tabs'].children;
  assert.match(section.all('li')[0].text, / SIP: no answer$/);
  const links = section.all('a').map(({ href, target, rel, text }) => [href, target, rel, text]);
  assert.deepEqual(links, [['/errors#SIP', '_blank', 'noopener', 'SIP'], ['/errors#%2F%22evil', '_blank', 'noopener', '/"evil']]);
});

test('a refusal of the host is shown', async () => {
  const page = await run('link.html', { options: { action: 'diagnostics' }, status: 403, answer: 'that is not yours\n' });
  await page.elements['#go'].pending;
  assert.equal(page.elements['[role=status]'].textContent, 'that is not yours');
});

test('the connection page never puts a saved password into its form', async () => {
  const page = await run('connection.html', { answer: '{"account":"101","password":"saved"}' });
  assert.equal(page.requests[0].path, '/settings/a1/me?masked');
  await new Promise(setImmediate);
  const form = page.elements['#settings'];
  assert.equal(form.password.value, '');
  assert.match(form.password.placeholder, /saved/);
});

test('the install page tells the portal that the installation is finished', async () => {
  const page = await run('install.html', { publicUrl: 'https://calls.example.com' });
  assert.ok(page.calls.includes('installFinish'));
  assert.equal(page.elements['#heading'].textContent, 'The app is installed');
});

test('an install on a host that does not know its address does not look finished, and says what to do', async () => {
  const page = await run('install.html', { publicUrl: '' });
  assert.ok(!page.calls.includes('installFinish'));
  assert.match(page.elements['#heading'].textContent, /not installed yet/);
  assert.match(page.elements['#hint'].textContent, /--public-url https:\/\/calls\.example\.com/);
  assert.ok(page.elements['#finish'].hidden);
});

test('an install that came by another address names both, and is finished by hand', async () => {
  const page = await run('install.html', { publicUrl: 'https://cals.example.com' });
  assert.ok(!page.calls.includes('installFinish'));
  for (const address of ['https://calls.example.com', 'https://cals.example.com']) {
    assert.ok(page.elements['#hint'].textContent.includes(address), address);
  }
  assert.ok(!page.elements['#finish'].hidden);
  page.elements['#finish'].onclick();
  assert.ok(page.calls.includes('installFinish'));
});

test('every page says everything in both languages', async () => {
  for (const name of ['connection.html', 'link.html', 'install.html']) {
    const { html, script } = await scriptOf(name);
    const context = vm.createContext({ BroadcastChannel: Tabs, name: '', document: { documentElement: {}, querySelector: () => ({ dataset: {} }), querySelectorAll: () => [] } });
    new vm.Script(`${script}\n;globalThis.texts = TEXTS;`).runInContext(context);
    assert.deepEqual(Object.keys(context.texts.ru), Object.keys(context.texts.en), name);
    for (const [, key] of html.matchAll(/data-t="([^"]+)"/g)) assert.ok(context.texts.en[key], `${name}: ${key}`);
  }
});
