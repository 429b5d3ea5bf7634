// Reports of USB devices, read and written by the descriptions that come with them (Device Class Definition for HID 1.11,
// 6.2.2): where in a report the bit of a usage is.

/**
 * Which buttons of a report are down, by their usages.
 *
 * @param {HIDCollectionInfo[]} collections the device's
 * @param {number} reportId
 * @param {DataView} data
 * @returns {Record<number, boolean> | undefined} nothing where the device describes no such report
 */
export function pressed(collections, reportId, data) {
  const found = reports(collections, 'inputReports').find((one) => one.reportId === reportId);
  if (!found) return undefined;
  const down = {};
  walk(found, ({ usage, at, isArray, size }) => {
    const value = bits(data, at, size);
    // An array tells the usages that are down by their numbers, all others are up.
    if (isArray) for (const one of usage) down[one] ||= value !== 0 && one === usage[value - isArray.least];
    else down[usage] = value !== 0;
  });
  return down;
}

/**
 * The reports that light these lamps and put out the others.
 *
 * @param {HIDCollectionInfo[]} collections
 * @param {Record<number, boolean>} lamps by their usages
 * @returns {{ reportId: number, data: Uint8Array }[]}
 */
export function report(collections, lamps) {
  const made = [];
  for (const one of reports(collections, 'outputReports')) {
    const data = new Uint8Array(Math.ceil(length(one) / 8));
    let known = false;
    walk(one, ({ usage, at, isArray }) => {
      if (isArray || !(usage in lamps)) return;
      known = true;
      if (lamps[usage]) data[at >> 3] |= 1 << (at & 7);
    });
    if (known) made.push({ reportId: one.reportId, data });
  }
  return made;
}

const reports = (collections, kind) => collections.flatMap((one) => [...(one[kind] ?? []), ...reports(one.children ?? [], kind)]);
const length = ({ items }) => items.reduce((sum, { reportSize = 0, reportCount = 0 }) => sum + reportSize * reportCount, 0);

/** Each field of a report, with where it begins. */
function walk({ items }, visit) {
  let at = 0;
  for (const item of items) {
    const { reportSize: size = 0, reportCount: count = 0, isArray, isConstant } = item;
    const all = usagesOf(item, count);
    for (let i = 0; i < count; i++, at += size) {
      if (isConstant) continue;
      if (isArray) visit({ usage: all, at, size, isArray: { least: item.logicalMinimum ?? 1 } });
      else if (all[i] !== undefined) visit({ usage: all[i], at, size });
    }
  }
}

function usagesOf({ isRange, usages = [], usageMinimum, usageMaximum }, count) {
  if (!isRange) return usages.length < count ? [...usages, ...Array(count - usages.length).fill(usages.at(-1))] : usages;
  return Array.from({ length: usageMaximum - usageMinimum + 1 }, (_, i) => usageMinimum + i);
}

function bits(data, at, size) {
  let value = 0;
  for (let i = 0; i < size; i++) {
    const bit = at + i;
    if (bit >> 3 < data.byteLength && (data.getUint8(bit >> 3) >> (bit & 7)) & 1) value += 2 ** i;
  }
  return value;
}
