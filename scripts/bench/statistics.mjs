// What benches make of their numbers. The middle ones: a machine that others use spoils means.

/** What `part` (0 to 1) of them lie below; null of none. */
export function quantile(all, part) {
  const sorted = all.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? null;
}

/** The one in the middle, of two the mean; null of none. */
export function median(all) {
  const sorted = all.toSorted((a, b) => a - b);
  const half = sorted.length / 2;
  if (Number.isInteger(half) && half > 0) return (sorted[half - 1] + sorted[half]) / 2;
  return sorted[Math.floor(half)] ?? null;
}

/** To hundredths; null stays null. */
export const rounded = (number) => (number === null ? null : Math.round(number * 100) / 100);

/** How many times the other; null where one was not measured, or there is nothing to compare with. */
export const ratio = (ours, peers) => (Number.isFinite(ours) && peers > 0 ? rounded(ours / peers) : null);

/**
 * By how much `y` grows with each `x`: the median of the slopes between all pairs, which a few wild points do not move
 * (Theil and Sen). `low` and `high` bound it with a certainty of 95 %, from the ranks of the slopes (Kendall's variance).
 *
 * @param {{ x: number, y: number }[]} points in the order of x
 */
export function slope(points) {
  const slopes = [];
  for (const [at, from] of points.entries()) {
    for (const to of points.slice(at + 1)) if (to.x !== from.x) slopes.push((to.y - from.y) / (to.x - from.x));
  }
  if (slopes.length === 0) return null;
  slopes.sort((a, b) => a - b);
  const n = points.length;
  const reach = 1.96 * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const rank = (it) => slopes[Math.min(slopes.length - 1, Math.max(0, Math.round(it)))];
  return { slope: median(slopes), low: rank((slopes.length - reach) / 2 - 1), high: rank((slopes.length + reach) / 2) };
}
