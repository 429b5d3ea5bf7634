// Waiting, without sleeping: a condition, a deadline, and the name of what was waited for.

/**
 * Polls `fn` until it gives something truthy, and gives that back.
 *
 * `fn` may be asynchronous and may throw while the thing is not there yet. After `timeoutMs`
 * this rejects with `what`, what was seen last, and the last error as its cause.
 *
 * @template T
 * @param {() => T | Promise<T>} fn
 * @param {{ what: string, timeoutMs?: number, everyMs?: number }} options
 * @returns {Promise<T>}
 */
export async function until(fn, { what, timeoutMs = 10_000, everyMs = 25 }) {
  if (!what) throw new TypeError('until() needs `what`: the name of the condition');
  const started = performance.now();
  let seen;
  let error;
  for (;;) {
    try {
      error = undefined;
      seen = await within(fn(), timeoutMs - (performance.now() - started));
      if (seen) return seen;
    } catch (e) {
      error = e;
    }
    if (performance.now() - started > timeoutMs) break;
    await new Promise((wake) => setTimeout(wake, everyMs));
  }
  const last = error ? `the last try failed: ${error.message}` : `last seen: ${brief(seen)}`;
  throw new Error(`waited ${timeoutMs} ms for ${what}; ${last}`, { cause: error });
}

// A probe that itself hangs must not outlive the deadline.
function within(promise, ms) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer within the deadline')), Math.max(ms, 1));
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function brief(value) {
  let text;
  try {
    text = JSON.stringify(value) ?? String(value);
  } catch {
    text = String(value);
  }
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
