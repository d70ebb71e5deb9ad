import { describe, expect, test } from "vitest";
import { problemsOf, readMapping } from "./mapping-reading";

const header = "ExternalUserId,O365UserMailbox\n";

describe("a mailbox", () => {
  test.each([
    "susan@contoso.com",
    "Susan.O'Hara+wa@Sub.Contoso.co.uk",
    "s@contoso.onmicrosoft.com",
    "müller@contoso.com",
    "susan@contoso.xn--p1ai",
    "susan@пример.рф",
    "#ext_#@contoso.com",
  ])("%s is an address", async (address) => {
    const { entries } = await readMapping(`${header}445204334324,${address}\n`);
    expect(entries[0]?.mailboxAddress).toBe(address.toLowerCase());
  });

  test.each([
    "susan",
    "@contoso.com",
    "susan@",
    "susan@contoso",
    "susan@contoso..com",
    "susan..b@contoso.com",
    ".susan@contoso.com",
    "su san@contoso.com",
    "susan@contoso.com;alex@contoso.com",
    "Susan <susan@contoso.com>",
    "mailto:susan@contoso.com",
    "susan@-contoso.com",
    "susan@contoso.com.",
    "susan@@contoso.com",
    "susan@10.0.0.1",
    `${"x".repeat(320)}@contoso.com`,
    `${"a.".repeat(150)}@`,
  ])("%.40s is none", async (address) => {
    const quoted = `"${address}"`;
    expect(await problemsOf(`${header}445204334324,${quoted}\n`)).toEqual([
      "2 O365UserMailbox error",
    ]);
  });

  test("an address inside brackets is told to stand alone", async () => {
    const { problems } = await readMapping(`${header}445204334324,Susan <susan@contoso.com>\n`);
    expect(problems[0]?.message).toContain("address alone");
  });
});

describe("validity", () => {
  const columns = "ExternalUserId,O365UserMailbox,ValidFrom,ValidTo\n";
  const lines = (...cells: string[]) =>
    columns + cells.map((line) => `445204334324,${line}\n`).join("");

  test.each([
    ["2026-03-01", "2026-03-01T00:00:00.000Z"],
    ["2026-03-01T09:30Z", "2026-03-01T09:30:00.000Z"],
    ["2026-03-01 09:30:15+02:00", "2026-03-01T07:30:15.000Z"],
    ["2026-03-01t09:30:15.5-0500", "2026-03-01T14:30:15.500Z"],
    ["2024-02-29", "2024-02-29T00:00:00.000Z"],
  ])("%s is %s", async (text, expected) => {
    const { entries, problems } = await readMapping(lines(`a@contoso.com,${text},`));
    expect(problems).toEqual([]);
    expect(entries[0]?.validFrom?.toISOString()).toBe(expected);
    expect(entries[0]?.validTo).toBeNull();
  });

  test.each([
    "3/1/2026",
    "01.03.2026",
    "2026-02-30",
    "2026-13-01",
    "2026-03-01T09:30",
    "20260301",
    "2026-3-1",
    "now",
    "2026-03-01T25:00Z",
    "46082",
  ])("%s is refused with the way to write it", async (text) => {
    const { problems } = await readMapping(lines(`a@contoso.com,,${text}`));
    expect(problems).toMatchObject([
      {
        column: "ValidTo",
        severity: "error",
        value: text,
        message: expect.stringContaining("2026-03-01"),
      },
    ]);
  });

  test.each([
    ["one begins on the day the other ends", ["a@b.co,,2026-03-01", "c@b.co,2026-03-01,"], []],
    [
      "three holders one after the other",
      ["a@b.co,,2026-03-01", "c@b.co,2026-06-01,", "d@b.co,2026-03-01,2026-06-01"],
      [],
    ],
    ["the same mailbox in two periods", ["a@b.co,,2026-03-01", "a@b.co,2026-06-01,"], []],
    ["a day in common with another mailbox", ["a@b.co,,2026-03-02", "c@b.co,2026-03-01,"], [3, 2]],
    ["a period within always", ["a@b.co,,", "c@b.co,2026-03-01,2026-03-02"], [3, 2]],
    ["a day in common with the same mailbox", ["a@b.co,,2026-03-02", "a@b.co,2026-03-01,"], [3, 2]],
    [
      "two earlier ones at once",
      ["a@b.co,,2026-03-01", "c@b.co,2026-03-01,", "d@b.co,,"],
      [4, 2, 3],
    ],
    ["an end before its beginning", ["a@b.co,2026-03-02,2026-03-01"], [2]],
    ["an end at its beginning", ["a@b.co,2026-03-01,2026-03-01"], [2]],
  ])("%s", async (_name, cells, badLines) => {
    const { problems } = await readMapping(lines(...cells));
    expect(problems.map(({ line }) => line)).toEqual(badLines);
  });

  test("the same period with the same mailbox twice is the same line twice", async () => {
    const { problems } = await readMapping(
      lines("a@b.co,2026-03-01,2026-04-01", "a@b.co,2026-03-01,2026-04-01"),
    );
    expect(problems).toMatchObject([{ line: 3, severity: "warning" }]);
  });

  test("an overlap is told as one", async () => {
    const { problems } = await readMapping(lines("a@b.co,,2026-03-02", "c@b.co,2026-03-01,"));
    expect(problems[0]?.message).toContain("validity overlaps that of line 2");
  });
});
