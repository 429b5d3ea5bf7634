// The page's clock: the machine's, plus what a script advances it by; or a script has stopped it.
//
// Whatever the portal counts (call timers, a lingering card, a saved card's life) runs on this
// clock, so that a test lets ten seconds or a minute pass at once.

let aheadMs = 0;
let standsAt = null;
const waiting = new Set();

/** Milliseconds since 1970. */
export const now = () => standsAt ?? Date.now() + aheadMs;

/** Like `window.setTimeout`, on the page's clock. Answers a function that cancels. */
export function after(ms, fn) {
  const entry = { at: now() + ms, fn };
  waiting.add(entry);
  arm(entry);
  return () => {
    clearTimeout(entry.timer);
    waiting.delete(entry);
  };
}

/** Calls `fn` each `ms`. Answers a function that stops it. */
export function every(ms, fn) {
  let cancel;
  const tick = () => {
    cancel = after(ms, tick);
    fn();
  };
  cancel = after(ms, tick);
  return () => cancel();
}

function arm(entry) {
  clearTimeout(entry.timer);
  if (standsAt !== null) return;
  entry.timer = setTimeout(() => fire(entry), Math.max(0, entry.at - now()));
}

function fire(entry) {
  if (waiting.delete(entry)) entry.fn();
}

/** Sets the clock as the server's is; what fell due meanwhile happens now. */
export function setClock(clock) {
  ({ aheadMs, standsAt } = clock);
  const due = [...waiting].filter((entry) => entry.at <= now()).sort((a, b) => a.at - b.at);
  for (const entry of due) {
    clearTimeout(entry.timer);
    fire(entry);
  }
  waiting.forEach(arm);
}
