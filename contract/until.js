// Waiting, without sleeping: a condition, a deadline, and the name of what was waited for.

/** How long anything is waited for. Long, so that only what never comes is missed, however slow the machine. */
export const PATIENCE_MS = 60_000;

/**
 * Polls `fn` until it gives something truthy, and gives that back.
 *
 * `fn` may be asynchronous and may throw while the thing is not there yet. After `timeoutMs`
 * this rejects with `what`, what was seen last, and the last error as its cause.
 *
 * @template T
 * @param {() => T | Promise<T>} fn
 * @param {{ what: string, timeoutMs?: number }} options
 * @returns {Promise<T>}
 */
export async function until(fn, { what, timeoutMs = PATIENCE_MS }) {
  if (!what) throw new TypeError('until() needs `what`: the name of the condition');
  const deadline = performance.now() + timeoutMs;
  let pauseMs = 20;
  let seen;
  let error;
  do {
    try {
      const now = await within(fn(), deadline - performance.now());
      if (now === LATE) break; // what was seen before tells more
      if (now) return now;
      [seen, error] = [now, undefined];
    } catch (e) {
      error = e;
    }
    await new Promise((wake) => setTimeout(wake, pauseMs));
    pauseMs = Math.min(pauseMs * 1.5, 150); // a look costs processor time that what is waited for needs
  } while (performance.now() < deadline);
  const last = error ? error.message : `last seen: ${brief(seen)}`;
  throw new Error(`waited ${timeoutMs} ms for ${what}; ${last}`, { cause: error });
}

const LATE = Symbol('late');

// A probe that itself hangs must not outlive the deadline.
function within(promise, ms) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(() => resolve(LATE), Math.max(ms, 1));
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
