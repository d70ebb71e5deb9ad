import { expect, test } from "vitest";
import { asListed, isDelivered, readDeliveredName } from "./delivered-file";

const writtenAt = new Date("2026-03-05T01:02:03.000Z");

test.each([
  ["a whole time", "202603010000-TeleMessage_17_20260302010500.zip", "2026-03-02T01:05:00.000Z"],
  ["minutes", "202603010000-TeleMessage_17_202603020105.zip", "2026-03-02T01:05:00.000Z"],
  ["dashes", "202603010000-TeleMessage_1_2026-03-02-01-05-00.zip", "2026-03-02T01:05:00.000Z"],
  ["epoch seconds", "202603010000-TeleMessage_1_1772413500.zip", "2026-03-02T01:05:00.000Z"],
  [
    "epoch milliseconds",
    "202603010000-TeleMessage_1_1772413500123.zip",
    "2026-03-02T01:05:00.123Z",
  ],
  ["a time of day", "202603010000-TeleMessage_1_230501.zip", "2026-03-01T23:05:01.000Z"],
  ["hours and minutes", "202603010000-TeleMessage_1_2305.ZIP", "2026-03-01T23:05:00.000Z"],
  ["words", "202603010000-TeleMessage_1_late.zip", "2026-03-01T00:00:00.000Z"],
  ["30 February", "202603010000-TeleMessage_1_20260230010101.zip", "2026-03-01T00:00:00.000Z"],
  ["no day at all", "209913010000-TeleMessage_1_x.zip", writtenAt.toISOString()],
  ["a time to come", "202603010000-TeleMessage_1_2034030201.zip", writtenAt.toISOString()],
  ["a day to come", "202703010000-TeleMessage_1_x.zip", writtenAt.toISOString()],
  ["another form", "export.zip", writtenAt.toISOString()],
])("a file belongs where its name says it was zipped: %s", (_what, name, at) => {
  expect(readDeliveredName(name, writtenAt).at.toISOString()).toBe(at);
});

test("a file has the number of its name", () => {
  const name = "202603010000-TeleMessage_0042_20260302010500.zip";
  expect(readDeliveredName(name, writtenAt).fileNumber).toBe("0042");
  expect(readDeliveredName("export.zip", writtenAt).fileNumber).toBeNull();
});

test("only ZIP files are deliveries", () => {
  expect(["a.zip", "a.ZIP", "a.zip.tmp", ".a.zip", "a.eml", "zip"].filter(isDelivered)).toEqual([
    "a.zip",
    "a.ZIP",
  ]);
});

test("a file under a name it will not keep is waited for", () => {
  const names = [
    "a.zip.part",
    "a.zip.filepart",
    ".a.zip.x1Yz",
    "~a.zip",
    "a.zip",
    "a.tmp",
    "readme",
  ];
  expect(names.filter((name) => stateOf(name) === "waiting")).toEqual([
    "a.zip.part",
    "a.zip.filepart",
    ".a.zip.x1Yz",
    "~a.zip",
  ]);
});

function stateOf(name: string): string | undefined {
  return asListed({ name, sizeBytes: 1, modifiedAt: new Date("2026-03-02T01:06:00Z") })?.state;
}
