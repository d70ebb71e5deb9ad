import { createHash } from "node:crypto";

export type Random = {
  /** 0 ≤ x < 1 */
  next(): number;
  below(limit: number): number;
  pick<T>(from: readonly T[]): T;
};

/** The same seed tells the same story every time (mulberry32). */
export function seededRandom(seed: string): Random {
  let state = createHash("sha256").update(seed).digest().readUInt32LE(0);
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = state;
    value = Math.imul(value ^ (value >>> 15), value | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
  };
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    below,
    pick<T>(from: readonly T[]): T {
      const [first] = from;
      if (first === undefined) throw new Error("Nothing to pick from.");
      return from[below(from.length)] ?? first;
    },
  };
}
