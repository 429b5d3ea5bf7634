// What a package's users would miss of an earlier one. Each story is a module of the same two packages.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { differences } from '../../scripts/api/exports.mjs';

/** The declarations of then, those of now, and what is said of it. */
const STORIES = {
  'an export that is gone': ['export const a: 1; export const b: 2;', 'export const a: 1;', /^b of mine\/\S+ is gone$/],
  'a type that is gone': ['export interface A { a: 1 }', 'export {};', /^A of mine\/\S+ is gone$/],
  'a class that is only a type': ['export class C {}', 'export interface C {}', /^C of mine\/\S+ is gone$/],
  'a method that is gone': ['export class C { go(): void; stop(): void; }', 'export class C { go(): void; }', /^C\.stop of/],
  'an option that is gone, though it could be left out': [
    'export interface O { a?: 1; b?: { c?: 2 } }',
    'export interface O { a?: 1; b?: {} }',
    /^O\.b\.c of/,
  ],
  'an option within a parameter that is gone': [
    'export function f(how?: { a?: 1; b?: 2 }): void;',
    'export function f(how?: { a?: 1 }): void;',
    /^f\(how\)\.b of/,
  ],
  'a word that an option takes no more': [
    "export type W = 'x' | 'y';\nexport const w: (it: W) => void;",
    "export type W = 'x';\nexport const w: (it: W) => void;",
    /^'y' in W of/,
  ],
  'an option that must be given': [
    '/** «…» */\nexport class C {\n  static start(\n    o: { a?: 1 },\n  ): { b(): void };\n}',
    '/** «…» */\nexport class C {\n  static start(\n    o: { a: 1 },\n  ): { b(): void };\n}',
    /^C of mine\/\S+ has another type:[^]*'a' is optional/,
  ],
  'a result that may be missing': [
    'export function f(): { a: 1 };',
    'export function f(): { a?: 1 };',
    /^f of mine\/\S+ has another type:[^]*'a' is optional/,
  ],
  'a result that may be what it never was': [
    "export function f(): 'x';",
    "export function f(): 'x' | 'y';",
    /^f of mine\/\S+ has another type:[^]*"y"/,
  ],
  'a method that users must have': [
    'export interface S { a(): void }\nexport function f(s: S): void;',
    'export interface S { a(): void; b(): void }\nexport function f(s: S): void;',
    /'b' is missing/,
  ],
  'an event that nobody may send any more': [
    "export type SoftphoneEvent = { type: 'a' } | { type: 'b' };",
    "export type SoftphoneEvent = { type: 'a' };",
    /^'b' in SoftphoneEvent\.type of/,
  ],
  'a declaration that imports what is not there': [
    'export function f(): 1;',
    "import type { X } from './nowhere.js';\nexport function f(): X;",
    /can't be read: Cannot find module/,
  ],
  'that there are more exports, options, words and results': [
    "export function f(o: { a?: 'x' }): { b: 1 };",
    "export const g: 1;\nexport function f(o: { a?: 'x' | 'y'; c?: 2 }): { b: 1; d: 3 };",
  ],
  'a new code of errors': [
    "export type CallCardErrorCode = 'X';\nexport const code: CallCardErrorCode;",
    "export type CallCardErrorCode = 'X' | 'Y';\nexport const code: CallCardErrorCode;",
  ],
  'an optional method for users to have': [
    'export interface S { a(): void }\nexport function f(s: S): void;',
    'export interface S { a(): void; b?(): void }\nexport function f(s: S): void;',
  ],
  "a name of wasm-bindgen's own": [
    'export interface InitOutput {\n  readonly memory: 1;\n  readonly h1a: () => void;\n}\nexport default function init(): InitOutput;',
    'export interface InitOutput {\n  readonly memory: 1;\n  readonly h2b: () => void;\n}\nexport default function init(): InitOutput;',
  ],
};

const entries = Object.keys(STORIES);
const entry = (at) => `./story${at}`;
const folder = mkdtempSync(join(tmpdir(), 'b24-exports-'));
const found = differences(packed('was', 0, { './gone': './gone.js' }), packed('now', 1));
rmSync(folder, { recursive: true, force: true });

for (const [at, [title, [, , expected]]] of Object.entries(STORIES).entries()) {
  test(expected ? `${title} is told` : `${title} is no break`, () => {
    const told = found.filter((it) => new RegExp(`/story${at}\\b`).test(it));
    if (!expected) return assert.deepEqual(told, []);
    assert.equal(told.length, 1, told.join('\n'));
    assert.match(told[0], expected);
  });
}

test("a module that can't be imported any more, and a command that is gone, are told", () => {
  assert.ok(found.includes("mine/gone can't be imported any more"));
  assert.ok(found.includes('the command mine-was is gone'));
});

function packed(name, which, more = {}) {
  const exported = { ...more };
  mkdirSync(join(folder, name));
  for (const [at, title] of entries.entries()) {
    exported[entry(at)] = { types: `${entry(at)}.d.ts` };
    writeFileSync(join(folder, name, `${entry(at)}.d.ts`), `${STORIES[title][which]}\n`);
  }
  writeFileSync(join(folder, name, 'package.json'), JSON.stringify({ name: 'mine', exports: exported, bin: { [`mine-${name}`]: './main.js' } }));
  return join(folder, name);
}
