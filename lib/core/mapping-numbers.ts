/** A table from numbers to places. Half the memory of a Map and twice as fast, which a million lines notice. */

export type NumberTable = {
  /** The place that stands beside the number already, or undefined after having written this one. */
  readonly placeOf: (number: number, place: number) => number | undefined;
};

/** For a million numbers. It is reached in two leaps: tables left behind stay in memory for a while. */
const largeTable = 2_097_152;

/** Numbers are greater than 0. Open addressing: a number stands in the first free slot from its own on. */
export function numberTable(): NumberTable {
  let numbers = new Float64Array(2048);
  let places = new Int32Array(2048);
  let size = 0;

  function slotOf(number: number): number {
    const mask = numbers.length - 1;
    let slot = scattered(number) & mask;
    while (numbers[slot] !== 0 && numbers[slot] !== number) slot = (slot + 1) & mask;
    return slot;
  }

  function grow(): void {
    const [oldNumbers, oldPlaces] = [numbers, places];
    const slots = oldNumbers.length * (oldNumbers.length < largeTable ? 32 : 2);
    numbers = new Float64Array(slots);
    places = new Int32Array(slots);
    for (let slot = 0; slot < oldNumbers.length; slot += 1) {
      const number = oldNumbers[slot] ?? 0;
      if (number !== 0) write(slotOf(number), number, oldPlaces[slot] ?? 0);
    }
  }

  function write(slot: number, number: number, place: number): void {
    numbers[slot] = number;
    places[slot] = place;
  }

  return {
    placeOf: (number, place) => {
      const slot = slotOf(number);
      if (numbers[slot] === number) return places[slot];
      write(slot, number, place);
      size += 1;
      if (size * 2 > numbers.length) grow();
      return undefined;
    },
  };
}

/** Neighbouring numbers, as companies have them, spread over the whole table. */
function scattered(number: number): number {
  const high = Math.floor(number / 4_294_967_296);
  let mixed = Math.imul((number % 4_294_967_296) | 0, 0x9e3779b1) ^ Math.imul(high, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed = Math.imul(mixed ^ (mixed >>> 12), 0x297a2d39);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
