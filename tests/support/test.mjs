// A test that can't hang: what never comes ends it, and says where.

import { test as told } from 'node:test';

/** Longer than several waits of `until`, so that its own words are read first. */
const TIMEOUT_MS = 300_000;

/**
 * @param {string} name What happens, as one would tell it.
 * @param {(t: import('node:test').TestContext) => unknown} tell
 */
export const test = (name, tell) => told(name, { timeout: TIMEOUT_MS }, tell);
