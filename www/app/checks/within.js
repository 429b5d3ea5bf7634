import { problem } from '../../adapters/lib/problem.js';

/** How long anything may take that a call would wait for. */
const PATIENCE_MS = 5000;

/** What a promise gives, if it gives it in time; else an error with this code, and its cure, which may be known only then. */
export async function within(promise, code, cure) {
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(problem(code, typeof cure === 'function' ? cure() : cure)), PATIENCE_MS)));
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
