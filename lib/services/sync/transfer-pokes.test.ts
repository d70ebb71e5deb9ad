import { beforeEach, expect, test } from "vitest";
import { createLanePokes, type LanePokes } from "./transfer-pokes";

const limits = { batchSize: 3 } as Parameters<typeof createLanePokes>[0]["limits"];
const nothing = () => undefined;
const log = { debug: nothing, info: nothing, warn: nothing, error: nothing };

let told: (readonly string[])[];
let pokes: LanePokes;
beforeEach(() => {
  told = [];
  const queue = {
    pokeTransfer: async () => {},
    pokeLanes: async (laneIds: readonly string[]) => void told.push(laneIds),
  };
  pokes = createLanePokes({ queue, log, limits });
});

test("a lane is told of its first page at once, and once for all of it", async () => {
  await pokes.recorded(["a", "b", "a"]);
  await pokes.end();
  expect(told).toEqual([["a", "b"]]);
});

test("after that it is told again when a batch has gathered", async () => {
  await pokes.recorded(["a"]);
  await pokes.recorded(["a", "a"]);
  expect(told).toEqual([["a"]]);
  await pokes.recorded(["a"]);
  expect(told).toEqual([["a"], ["a"]]);
});

test("what is more than a batch is told of again: a lane leaves it until there is enough", async () => {
  await pokes.recorded(["a"]);
  await pokes.recorded(["a", "a", "a", "a"]);
  await pokes.recorded(["a", "a"]);
  expect(told).toEqual([["a"], ["a"], ["a"]]);
  await pokes.recorded(["a"]);
  await pokes.end();
  expect(told).toEqual([["a"], ["a"], ["a"], ["a"]]);
});

test("a first page that is more than a batch leaves something to be told of", async () => {
  await pokes.recorded(["a", "a", "a", "a"]);
  await pokes.end();
  expect(told).toEqual([["a"], ["a"]]);
});

test("at the end those are told that were not told of everything, and no others", async () => {
  await pokes.recorded(["a", "b"]);
  await pokes.recorded(["b"]);
  await pokes.end();
  await pokes.end();
  expect(told).toEqual([["a", "b"], ["b"]]);
});

test("nobody is told of nothing", async () => {
  await pokes.recorded([]);
  await pokes.end();
  expect(told).toEqual([]);
});
