// What somebody looks up who has met a code. One without a section leaves them with a word in capitals.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const read = (path) => readFileSync(ROOT + path, 'utf8');
const files = (folder, end) => readdirSync(ROOT + folder, { recursive: true }).filter((name) => name.endsWith(end)).map((name) => `${folder}/${name}`);

/** Codes that nobody meets, and why. */
const UNMET = {
  DTMF_UNSUPPORTED: 'the loopback softphone keeps it for tests, and tells it on the console alone',
};

/** Where a code stands in Rust. */
const RUST = [
  /\b(?:EndCause::error|RestFailure::new)\(\s*"([A-Z][A-Z0-9_]+)"/g,
  /\bpub const \w+: &(?:'static )?str = "([A-Z][A-Z0-9_]+)"/g,
];
/** The same of the files that are about codes and nothing else. */
const KINDS = /Self::\w+ => "([A-Z][A-Z0-9_]+)"/g;

/** Not codes, though they look it. */
const PLACEMENTS = ['PAGE_BACKGROUND_WORKER'];

/** Where a code stands in JavaScript. In these sources nothing else but placements is written in capitals with an underscore. */
const JS = [
  /'([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)'/g,
  // Those of one word: handed to what makes or tells errors, or a property of one.
  /\b(?:problem|coded|report|refused|again|attended|fail)\('([A-Z][A-Z0-9]+)'/g,
  /\bcodeOf\(\w+, '([A-Z][A-Z0-9]+)'/g,
  /\bcode(?: \?\?|:[^,}\n]*[ ?:]) ?'([A-Z][A-Z0-9]+)'/g,
];

const found = (text, patterns) => patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, code]) => code)).filter((code) => !PLACEMENTS.includes(code));

/** @returns {Map<string, string>} each code, and a file that makes it */
function made() {
  const codes = new Map();
  const add = (path, patterns) => {
    for (const code of found(read(path), patterns)) if (!codes.has(code)) codes.set(code, path);
  };
  add('src/error.rs', [KINDS]);
  for (const path of ['src/softphone/end_cause.rs', 'src/rest/failure.rs']) add(path, RUST);
  for (const path of files('src', '.rs')) add(path, RUST.slice(0, 1));
  for (const path of [...files('www', '.js'), ...files('src/browser', '.js'), 'www/handler.html']) add(path, JS);
  return codes;
}

/** @returns {{ code: string, text: string }[]} */
const sections = () => read('docs/errors.md').split(/^(?=##+ )/m).flatMap((part) => {
  const [, code, text] = /^### (.*)\n([^]*)$/.exec(part) ?? [];
  return code ? [{ code, text }] : [];
});

test('each error code has a section with its cause and cure, and no section is about a code that is gone', () => {
  const codes = made();
  // One of each place where codes are made: patterns that find nothing would find nothing missing.
  for (const one of ['NO_CALL', 'PAGE_GONE', 'NO_TOKEN', 'UNSUPPORTED', 'BX24', 'ACCOUNT_REFUSED', 'GLARE', 'MEDIA', 'HEADSET', 'UNEXPECTED', 'UNKNOWN', 'SIP', 'REFUSED', 'OPTIONS', 'ERROR_UNEXPECTED_ANSWER']) {
    assert.ok(codes.has(one), `${one} is not found in the sources any more: the patterns of this test miss it`);
  }
  for (const code of Object.keys(UNMET)) assert.ok(codes.has(code), `${code} is gone: it need not be excepted`);

  const told = sections();
  const names = told.map(({ code }) => code);
  const untold = [...codes].filter(([code]) => !names.includes(code) && !(code in UNMET));
  assert.deepEqual(untold.map(([code, path]) => `${code} (${path})`), [], 'codes without a section in docs/errors.md');
  assert.deepEqual(names.filter((code) => !codes.has(code)), [], 'sections of docs/errors.md about codes that nothing makes');
  for (const { code, text } of told) {
    const [cause, ...cures] = text.trim().split(/^Cure: (?=\S)/m);
    assert.ok(cause.trim(), `${code} has no cause`);
    assert.equal(cures.length, 1, `${code} has ${cures.length} lines that start with "Cure:"`);
  }
});

test('each heading of the error codes has an anchor of its own, and the contents lead to each group', () => {
  const page = read('docs/errors.md');
  const anchor = (heading) => heading.toLowerCase().replace(/[^\w\s-]/g, '').replace(/ /g, '-');
  const headings = [...page.matchAll(/^(##+) (.*)$/gm)].map(([, depth, text]) => ({ depth: depth.length, anchor: anchor(text) }));
  const anchors = headings.map((it) => it.anchor);
  assert.deepEqual(anchors.filter((it, at) => anchors.indexOf(it) !== at), [], 'the second of a name gets another anchor');
  const linked = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, to]) => to);
  assert.deepEqual(linked.filter((to) => !anchors.includes(to)), [], 'links that lead nowhere');
  assert.deepEqual(headings.filter(({ depth, anchor: it }) => depth === 2 && !linked.includes(it)), [], 'groups the contents lack');
});
