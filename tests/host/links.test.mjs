// The link builder in JavaScript makes the same links as the one in Rust.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';

const source = await readFile(new URL('../../www/app/links.js', import.meta.url), 'utf8');
const { appLink, callLink, diagnosticsLink, dialLink } = await import(
  `data:text/javascript,${encodeURIComponent(source)}`
);

test('a link dials a number', () => {
  assert.equal(
    dialLink('acme.calls', '+15550100'),
    '/marketplace/view/acme.calls/?params%5Baction%5D=dial&params%5Bphone%5D=%2B15550100',
  );
});

test('nothing in a value can leave it', () => {
  assert.equal(
    appLink('a/../b', { x: '1&params[y]=2#é' }),
    '/marketplace/view/a%2F..%2Fb/?params%5Bx%5D=1%26params%5By%5D%3D2%23%C3%A9',
  );
});

test('a link shows a call or the diagnostics', () => {
  assert.equal(callLink('a', 'c.1'), '/marketplace/view/a/?params%5Baction%5D=show&params%5BcallId%5D=c.1');
  assert.equal(diagnosticsLink('a'), '/marketplace/view/a/?params%5Baction%5D=diagnostics');
  assert.equal(appLink('a'), '/marketplace/view/a/');
});
