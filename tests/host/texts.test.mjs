// The card's texts in the portal's languages. A text that is missing would be English among others.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { optionTypes } from '../../scripts/options.mjs';
import { languages, statusTexts } from '../../www/texts.js';

const names = Object.keys(optionTypes().worker.statusTexts.properties).sort();

for (const language of languages) {
  test(`every text of the card is there in ${language}, and none that the worker does not know`, () => {
    const texts = statusTexts(language);
    assert.deepEqual(Object.keys(texts).sort(), names);
    // The card has a line of some seventy letters for it.
    for (const [name, text] of Object.entries(texts)) assert.ok(text.length > 0 && text.length <= 70, `${name}: ${text}`);
  });
}

test('a language is found by everybody\'s code and by the portal\'s, and English needs none', () => {
  assert.equal(statusTexts('la').incoming, statusTexts('es').incoming);
  assert.equal(statusTexts('br').incoming, statusTexts('pt-BR').incoming);
  assert.equal(statusTexts('ua').incoming, statusTexts('uk').incoming);
  assert.equal(statusTexts('de-AT').incoming, statusTexts('de').incoming);
  for (const none of ['en', 'xx', '', null, undefined, 'constructor', '__proto__']) assert.deepEqual(statusTexts(none), {}, String(none));
});
