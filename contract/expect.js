// What a story asserts. Stories are told in Node and in pages, which have no node:assert.

/** Fails the story, and says what is wrong in the words of the rule that is broken. */
export function expect(holds, rule) {
  if (!holds) throw new Error(rule);
}

/** @param {string} what of which both are the value */
export function same(is, wanted, what) {
  const [got, should] = [JSON.stringify(is), JSON.stringify(wanted)];
  if (got !== should) throw new Error(`${what} should be ${should}, and is ${got}`);
}

/** Thrown where a story has nothing to look at: it is counted as skipped. */
export class Skipped extends Error {}
