#!/usr/bin/env node
// Tells the contract's stories with an adapter of one's own: `--help`.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { run } from './run.js';
import { stories } from './stories.js';

const HELP = `Usage: b24-background-worker-contract ADAPTER.js [options]

Opens a softphone adapter in a Chromium and tells with it every story of what an adapter owes the worker.

  --far-end FILE        a module of yours that makes the customer call, answer and hang up, in the page:
                        export default async function farEnd(softphone, options) {
                          return { call(number) {}, answer() {}, hangUp() {},                      // needed
                                   decline(status) {}, digits() {}, ended() {}, hold(held) {}, close() {}, number: '…' };
                        }
                        Without it the adapter's own far end is used, as loopback has one.
  --options JSON        what the adapter is made from; @FILE reads them from a file, as for a password
  --far-end-options JSON
                        what the far end gets, where that is something else
  --only TEXT           only the stories whose name has this text; may be repeated
  --patience SECONDS    for how long anything is waited for (20)
  --list                lists the stories, and what each needs
  --show                shows the browser
  --help                this text

An adapter that imports packages by name, or is TypeScript, is bundled by the esbuild of its project.
CHROME names the browser, where it is not in its usual place.
The statistics of peerConnection(callId) tell who is heard: without that method the stories of sound are skipped.

Ends with 0 if no story failed, with 1 if one did, and with 2 if none could be told.`;

const MARKS = { passed: '✓', failed: '✗', skipped: '-' };
const indented = (text) => String(text).replaceAll('\n', '\n    ');

try {
  const what = asked();
  if (what) process.exitCode = await tellAll(what);
} catch (error) {
  console.error(indented(error.message));
  process.exitCode = 2;
}

/** What is to be run; nothing where a text answers it. */
function asked() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'far-end': { type: 'string' },
      options: { type: 'string' },
      'far-end-options': { type: 'string' },
      only: { type: 'string', multiple: true },
      patience: { type: 'string', default: '20' },
      list: { type: 'boolean' },
      show: { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) return void console.log(HELP);
  if (values.list) return void console.log(stories.map(({ name, needs }) => (needs.length ? `${name} (needs ${needs.join(', ')})` : name)).join('\n'));
  if (positionals.length !== 1) throw new Error(`${positionals.length ? 'one adapter at a time' : 'which adapter?'} --help tells how they are named`);
  const patience = Number(values.patience);
  if (!(patience > 0)) throw new Error(`--patience wants seconds, and is ${values.patience}`);
  const names = stories.map(({ name }) => name).filter((name) => !values.only || values.only.some((text) => name.includes(text)));
  if (names.length === 0) throw new Error(`no story has "${values.only.join('" or "')}" in its name: --list lists them`);
  return {
    adapter: positionals[0],
    farEnd: values['far-end'],
    options: json('--options', values.options),
    farEndOptions: json('--far-end-options', values['far-end-options']),
    names,
    patienceMs: patience * 1000,
    show: values.show,
  };
}

function json(option, text) {
  if (text === undefined) return undefined;
  const file = text.startsWith('@') && text.slice(1);
  try {
    return JSON.parse(file ? readFileSync(file, 'utf8') : text);
  } catch (error) {
    // Not the text itself: a password may be in it.
    const cause = error instanceof SyntaxError ? 'is not JSON, which begins with { and has its names in double quotes' : error.message;
    throw new Error(`${option}${file ? ` (${file})` : ''} ${cause}`);
  }
}

async function tellAll(what) {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  await run(what, ({ name, outcome, why, told, reported }) => {
    counts[outcome]++;
    console.log(`${MARKS[outcome]} ${name}${outcome === 'skipped' ? `: ${why}` : ''}`);
    if (outcome !== 'failed') return;
    console.log(`    ${indented(why)}`);
    for (const event of told ?? []) console.log(`    it told ${JSON.stringify(event)}`);
    for (const problem of reported ?? []) console.log(`    it reported ${JSON.stringify(problem)}`);
  });
  const untold = what.names.length - counts.passed - counts.failed - counts.skipped;
  if (untold > 0) console.log(`${untold} not told: they need the first`);
  if (counts.skipped > 0) console.log(`${counts.skipped} skipped`);
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  return counts.failed > 0 ? 1 : 0;
}
