// What people dial, in all the ways they write it: the number that is called, and the tones after it.

import assert from 'node:assert/strict';

import { dialled, target } from '../../www/adapters/signalling/dialled.js';
import { test } from '../support/test.mjs';

const BERLIN = '+4930901820';

for (const [what, written, number, tones = ''] of [
  ['plain', '+4930901820', BERLIN],
  ['in groups', '+49 30 901820', BERLIN],
  ['with the prefix one dials at home', '+49 (0)30 901820', BERLIN],
  ['with that prefix and no gaps', '+49(0)30901820', BERLIN],
  ['with the area in brackets', '+49 (30) 90 18 20', BERLIN],
  ['with a slash', '+49 30/901820', BERLIN],
  ['with dots', '+49.30.901820', BERLIN],
  ['with hyphens', '+49-30-901-820', BERLIN],
  ['with non-breaking hyphens', '+49\u201130\u2011901820', BERLIN],
  ['with dashes', '+49\u201330\u2014901820', BERLIN],
  ['with a minus sign', '+49\u221230\u2212901820', BERLIN],
  ['with non-breaking spaces', '+49\u00a030\u202f901820', BERLIN],
  ['with a soft hyphen', '+4930\u00ad901820', BERLIN],
  ['between directional marks', '\u202a+49 30 901820\u202c', BERLIN],
  ['after a left-to-right mark', '\u200e+4930901820', BERLIN],
  ['between isolates', '\u2066+4930901820\u2069', BERLIN],
  ['with a byte order mark', '\ufeff+4930901820', BERLIN],
  ['full-width', '＋４９３０９０１８２０', BERLIN],
  ['in Arabic digits', '+٤٩٣٠٩٠١٨٢٠', BERLIN],
  ['in Persian digits', '+۴۹۳۰۹۰۱۸۲۰', BERLIN],
  ['in Devanagari digits', '+४९३०९०१८२०', BERLIN],
  ['with tabs and line ends around', '\t+4930901820\n', BERLIN],
  ['as a tel: link', 'tel:+4930901820', BERLIN],
  ['as a tel: link with separators', 'tel:+49-30-901820', BERLIN],
  ['as an encoded tel: link', 'tel:%2B49%2030%20901820', BERLIN],
  ['as a tel: link with an extension', 'tel:+4930901820;ext=12', BERLIN, ',12'],
  ['as a tel: link of a local number', 'tel:901820;phone-context=+4930', '901820'],
  ['as a callto: link', 'callto:+4930901820', BERLIN],
  ['with a pause and an extension', '+4930901820,12', BERLIN, ',12'],
  ['with two pauses and a PIN', '+4930901820,,1234#', BERLIN, ',,1234#'],
  ['with a w', '+4930901820w9', BERLIN, ',9'],
  ['with a p', '+49 30 901820 p 9', BERLIN, ',9'],
  ['with a phone\'s wait', '+4930901820;9', BERLIN, ',9'],
  ['with an English extension', '+1 (555) 010-0199 ext. 9', '+15550100199', ',9'],
  ['with an x', '555-0199 x 204', '5550199', ',204'],
  ['with a Russian extension', '+7 (495) 123-45-67 доб. 12', '+74951234567', ',12'],
  ['with a Russian extension after a comma', '8 495 123 45 67, доб. 12', '84951234567', ',12'],
  ['a feature code', '*43#', '*43#'],
  ['an extension', '101', '101'],
  ['a name', 'anna-1', 'anna-1'],
  ['a name that begins like a number', '1and1', '1and1'],
  ['a SIP address', 'sip:101@other.test', 'sip:101@other.test'],
  ['a bare address', '101@other.test', 'sip:101@other.test'],
]) {
  test(`dialled ${what}: ${JSON.stringify(written)} calls ${number}${tones && ` and then sends ${tones}`}`, () => {
    assert.deepEqual(dialled(written), { number, tones });
  });
}

for (const wrong of ['', ' ', '+', '()', 'a b', 'call me <maybe>', 'x>y', 'a\r\nb', '+49+30', 'ext. 9', 'tel:', ',,', '12 or 13']) {
  test(`what is neither a number nor an address is refused: ${JSON.stringify(wrong)}`, () => {
    assert.throws(() => dialled(wrong), { code: 'BAD_NUMBER' });
  });
}

test('a number becomes an address at our domain, and an integrator\'s rule may change it before', () => {
  assert.equal(target('+49 (0)30 901820', 'pbx.test'), 'sip:+4930901820@pbx.test');
  assert.equal(target('*43#', 'pbx.test'), 'sip:*43%23@pbx.test');
  assert.equal(target('901820', 'pbx.test', (number) => `0${number}`), 'sip:0901820@pbx.test');
  assert.equal(target('sip:101@other.test', 'pbx.test', () => 'x'), 'sip:101@other.test');
});
