import { expect, test } from "vitest";
import { newest } from "./newest";

test("the oldest is forgotten first", () => {
  const kept = newest<number>(2);
  for (const [index, key] of ["a", "b", "c"].entries()) kept.set(key, index);
  expect(["a", "b", "c"].map(kept.get)).toEqual([undefined, 1, 2]);
});

test("what is learnt anew makes room for itself and costs no other its place", () => {
  const kept = newest<number>(2);
  kept.set("a", 1);
  kept.set("b", 2);
  kept.set("b", 3);
  expect(["a", "b"].map(kept.get)).toEqual([1, 3]);
});
