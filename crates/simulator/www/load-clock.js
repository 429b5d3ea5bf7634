// The portal's load clock: from the frame's creation to its `load`.

/** A load is a strike when it took longer than the limit; at the limit it is not. */
export const isSlow = (ms, limit) => ms > limit;

/**
 * Starts the clock of a frame that has just been appended. The handler stays in place:
 * when the frame reloads or navigates later, that load is measured from the same start.
 */
export function watchLoad(frame, { limit, onLoad, now = () => performance.now() }) {
  const start = now();
  const record = { loadMs: null, loads: 0, strikes: 0 };
  frame.onload = () => {
    const ms = now() - start;
    record.loads += 1;
    record.loadMs ??= Math.round(ms);
    const slow = isSlow(ms, limit());
    if (slow) record.strikes += 1;
    onLoad({ ms: Math.round(ms), slow, record });
  };
  return record;
}
