// The page that the links of messages lead to.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { errorPages } from '../../scripts/docs-pages.mjs';
import { errorsPage } from '../../scripts/errors-page.mjs';

const codes = errorPages(readFileSync(new URL('../../docs/errors.md', import.meta.url), 'utf8')).map(({ code }) => code);
const page = errorsPage();
const ids = Array.from(page.matchAll(/ id="([^"]+)"/g), ([, id]) => id);

test('a link to any code lands at its section, which has its cause and cure', () => {
  assert.ok(codes.length > 70, `${codes.length} codes`);
  for (const code of codes) {
    const section = page.split(`<section id="${code}">\n`)[1]?.split('</section>')[0];
    assert.match(section ?? '', new RegExp(`^<h3>${code}</h3>\n<p>\\w[^]*\n<p>Cure: \\w`), code);
  }
  assert.equal(new Set(ids).size, ids.length, 'each id is there once');
});

test('each link leads to a place of the page, for no other document is served beside it', () => {
  const links = Array.from(page.matchAll(/ href="([^"]*)"/g), ([, href]) => href);
  assert.ok(links.length > 10, `${links.length} links`);
  assert.deepEqual(links.filter((href) => !ids.includes(href.slice(1)) || !href.startsWith('#')), []);
  assert.doesNotMatch(page, /\]\(/, 'no link is left as it was written');
});

test('the page runs and loads nothing', () => {
  assert.doesNotMatch(page, /<script|\ssrc=|<link|@import|url\(|\son\w+=/i);
  assert.doesNotMatch(errorsPage('# X\n\n### X\n\n<script>1</script>\n'), /<script/);
});
