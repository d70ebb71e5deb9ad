import { expect, test } from "vitest";
import { readSizeLimit, sizeLimitText } from "./size-limit";

test.each([
  ["1", 1_048_576],
  ["10", 10_485_760],
  [" 150 ", 157_286_400],
])("a limit of %s MiB is %i bytes, and is shown as it was typed", (text, bytes) => {
  expect(readSizeLimit(text)).toBe(bytes);
  expect(sizeLimitText(bytes)).toBe(text.trim());
});

test.each(["", "0", "151", "1000", "-1", "1.5", "1e2", "0x10", "ten", "10 MB", "１０"])(
  "%o is no limit",
  (text) => {
    expect(readSizeLimit(text)).toBeNull();
  },
);
