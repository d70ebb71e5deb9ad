/** 53 bits of an address (cyrb53): two that are compared never meet by chance. */

export function digestOf(text: string): number {
  let one: number = digestSeeds.one;
  let two: number = digestSeeds.two;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    one = mixedOne(one, unit);
    two = mixedTwo(two, unit);
  }
  return endOfDigest(one, two);
}

/** For who reads an address unit by unit and computes its digest on the way. */
export const digestSeeds = { one: 0xdeadbeef, two: 0x41c6ce57 } as const;

export function mixedOne(one: number, unit: number): number {
  return Math.imul(one ^ unit, 2654435761);
}

export function mixedTwo(two: number, unit: number): number {
  return Math.imul(two ^ unit, 1597334677);
}

export function endOfDigest(one: number, two: number): number {
  one = Math.imul(one ^ (one >>> 16), 2246822507) ^ Math.imul(two ^ (two >>> 13), 3266489909);
  two = Math.imul(two ^ (two >>> 16), 2246822507) ^ Math.imul(one ^ (one >>> 13), 3266489909);
  return 4294967296 * (2097151 & two) + (one >>> 0);
}
