import { expect, test } from "vitest";
import { checkFiles } from "./files";

const at = new Date("2026-11-20T10:00:00.000Z");
const file = { name: "a.zip", at, sizeBytes: 100, sha256: "x", count: 3 };
const row = {
  ...{ connectorId: "one", name: "a.zip", state: "DONE", sizeBytes: "100", sha256: "x", count: 3 },
  deliveredAt: at,
};
const connector = { id: "one", state: "ACTIVE", finishedAt: at, watermark: at };

function found(files: readonly (typeof row)[], one = connector): string[] {
  return checkFiles([file], { files, connectors: [one] }).map(({ what }) => what);
}

test("a file that is done as it lies there is as it should be", () => {
  expect(found([row])).toEqual([]);
});

test.each([
  ["no row", [], "a file is missing in the ledger"],
  ["a row that is not done", [{ ...row, state: "REFUSED" }], "a file is left REFUSED"],
  ["another digest", [{ ...row, sha256: "y" }], "a file is in the ledger otherwise"],
  ["another count", [{ ...row, count: 2 }], "a file is in the ledger otherwise"],
  ["another size", [{ ...row, sizeBytes: "99" }], "a file is in the ledger otherwise"],
  ["another time", [{ ...row, deliveredAt: new Date(0) }], "a file is in the ledger otherwise"],
  ["a file nobody laid there", [row, { ...row, name: "b.zip" }], "a file that is not there"],
])("%s is found", (_what, files, what) => {
  expect(found(files)).toEqual([expect.stringContaining(what)]);
});

test("what is older than a connector's first window may be left alone", () => {
  const later = { ...connector, finishedAt: new Date(at.getTime() + 3 * 24 * 3_600_000) };
  expect(found([], later)).toEqual([]);
});
