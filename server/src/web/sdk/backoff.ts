// How long until the next try?

/** The first try comes within this time, in ms: clients of a server that restarts do not come all at once. */
const FIRST = 300;
/** Then it doubles from here … */
const BASE = 1_000;
/** … up to this. */
const MOST = 30_000;

/** The time until a try, in ms: the more have failed the longer, and never the same. */
export function delayAfter(failures: number, random: () => number = Math.random): number {
  if (failures === 0) return random() * FIRST;
  const longest = Math.min(MOST, BASE * 2 ** (failures - 1));
  return longest * (0.5 + random() / 2);
}
