/** Chance that can be told again: everything a seed decides comes from here. */
export type Chance = {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  pick<const T extends readonly [unknown, ...unknown[]]>(values: T): T[number];
  /** True so often out of a hundred. */
  percent(chance: number): boolean;
  /** A stream of its own, so that what is added in one place changes nothing in another. */
  fork(name: string): Chance;
};

export function createChance(seed: string): Chance {
  let state = hashOf(seed);
  // mulberry32: small, and the same on every machine.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    between,
    pick: (values) => values[between(0, values.length - 1)] ?? values[0],
    percent: (chance) => next() * 100 < chance,
    fork: (name) => createChance(`${seed}/${name}`),
  };
}

/** FNV-1a. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash | 0;
}
