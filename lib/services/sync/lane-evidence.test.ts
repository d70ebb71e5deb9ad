import { expect, test } from "vitest";
import { createDigests } from "./lane-evidence";

const limit = 10_000_000;

test("a digest counts as recorded for its limit, and for no larger one", () => {
  const digests = createDigests(10);
  digests.noteRecorded({ itemId: "a", sizeLimitBytes: limit });
  expect(digests.isRecorded({ itemId: "a", sizeLimitBytes: limit })).toBe(true);
  expect(digests.isRecorded({ itemId: "a", sizeLimitBytes: 2 * limit })).toBe(false);
  expect(digests.isRecorded({ itemId: "b", sizeLimitBytes: limit })).toBe(false);
});

test("what was found counts as recorded only when it was", () => {
  const digests = createDigests(10);
  digests.set("a", "0123");
  expect(digests.get("a")).toBe("0123");
  expect(digests.isRecorded({ itemId: "a", sizeLimitBytes: limit })).toBe(false);
});

test("the oldest are forgotten", () => {
  const digests = createDigests(2);
  for (const itemId of ["a", "b", "c"]) {
    digests.set(itemId, itemId);
    digests.noteRecorded({ itemId, sizeLimitBytes: limit });
  }
  expect(["a", "b", "c"].map((key) => digests.get(key))).toEqual([undefined, "b", "c"]);
  const kept = ["a", "b", "c"].map((itemId) =>
    digests.isRecorded({ itemId, sizeLimitBytes: limit }),
  );
  expect(kept).toEqual([false, true, true]);
});
