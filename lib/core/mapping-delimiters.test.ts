import { describe, expect, test } from "vitest";
import { readMapping } from "./mapping-reading";

describe("delimiters, quotes and line ends", () => {
  test.each([
    ["comma", "Mobile,Email\n445204334324,susan@contoso.com\n"],
    ["semicolon", "Mobile;Email\n445204334324;susan@contoso.com\n"],
    ["tab", "Mobile\tEmail\n445204334324\tsusan@contoso.com\n"],
    [
      "semicolon",
      '"Name, first";"Mobile";"Email"\n"Doe, Jane";"445204334324";"susan@contoso.com"\n',
    ],
    ["comma", '"Name; first","Mobile","Email"\n"Doe; Jane","445204334324","susan@contoso.com"\n'],
    ["semicolon", "sep=;\r\nMobile;Email\r\n445204334324;susan@contoso.com\r\n"],
    ["tab", "sep=\t\r\nMobile\tEmail\r\n445204334324\tsusan@contoso.com\r\n"],
  ])("%s is found: %j", async (delimiter, file) => {
    const { entries, problems, check } = await readMapping(file);
    expect(problems).toEqual([]);
    expect(entries).toMatchObject([
      { externalId: "445204334324", mailboxAddress: "susan@contoso.com" },
    ]);
    expect(check.delimiter).toBe(delimiter);
  });

  test.each([
    ["LF", "\n"],
    ["CRLF", "\r\n"],
    ["CR", "\r"],
  ])("lines end with %s, the last one or not", async (_name, end) => {
    const lines = ["Mobile,Email", "445204334324,susan@contoso.com", "", "123,x@contoso.com"];
    for (const last of ["", end]) {
      const { entries, problems } = await readMapping(lines.join(end) + last);
      expect(entries).toMatchObject([{ line: 2 }]);
      expect(problems).toMatchObject([{ line: 4 }]);
    }
  });

  test("line ends may be mixed within one file", async () => {
    const { entries } = await readMapping(
      "Mobile,Email\r\n445204334324,a@b.co\n445204334325,b@b.co\r445204334326,c@b.co\n\r\n445204334327,d@b.co",
    );
    expect(entries.map(({ line, mailboxAddress }) => `${line} ${mailboxAddress}`)).toEqual([
      "2 a@b.co",
      "3 b@b.co",
      "4 c@b.co",
      "6 d@b.co",
    ]);
  });

  test("quoted cells hold delimiters, quotation marks and line ends; lines are counted as an editor does", async () => {
    const { entries, problems } = await readMapping(
      'Name,Mobile,Email\r\n"Doe, ""JJ""\r\nJane",445204334324,a@b.co\r\n"x\ry\n\nz","445204334325","b@b.co"\r\nPlain,123,c@b.co\r\n',
    );
    expect(entries).toMatchObject([{ line: 2 }, { line: 4 }]);
    expect(problems).toMatchObject([{ line: 8 }]);
  });

  test("spaces around quoted cells do not matter", async () => {
    const { entries, problems } = await readMapping(
      'Mobile, Email\n"445204334324" , "susan@contoso.com" \n',
    );
    expect(problems).toEqual([]);
    expect(entries).toHaveLength(1);
  });

  test("a quotation mark inside a plain cell is a letter like any other", async () => {
    const { entries, problems } = await readMapping(
      'Name,Mobile,Email\n5" tablet,445204334324,a@b.co\n',
    );
    expect(problems).toEqual([]);
    expect(entries).toHaveLength(1);
  });

  test.each([
    ["at the beginning", '"445204334324,a@b.co\n'],
    ["in its second cell", '445204334324,"a@b.co\n'],
    ["closed by a later line", '"445204334324,a@b.co\n447,"x@b.co"\n'],
    ["closed at the end of a later line", '"445204334324,a@b.co\n445204334399,x"\n'],
  ])("a mark that is not closed, %s, costs its own line only", async (_name, lines) => {
    const { entries, problems } = await readMapping(
      `Mobile,Email\n${lines}447700900123,last@b.co\n`,
    );
    expect(problems[0]).toMatchObject({ line: 2, severity: "error" });
    expect(problems[0]?.message).toContain("quotation marks");
    expect(entries.at(-1)).toMatchObject({ mailboxAddress: "last@b.co" });
  });

  test("a mark that is never closed in a large file costs its own line only", async () => {
    const lines = Array.from(
      { length: 30_000 },
      (_, index) => `${445204000000 + index},p${index}@b.co\n`,
    );
    const { entries, problems } = await readMapping(
      `Mobile,Email\n"oops,x@b.co\n${lines.join("")}`,
    );
    expect(problems).toMatchObject([{ line: 2 }]);
    expect(entries).toHaveLength(30_000);
    expect(entries.at(-1)?.line).toBe(30_002);
  });

  test("a cell may span lines across blocks", async () => {
    const name = `"${"Bob\r\n".repeat(20_000)}"`;
    const { entries, problems } = await readMapping(
      `Name,Mobile,Email\n${name},445204334324,a@b.co\nx,445204334325,b@b.co`,
    );
    expect(problems).toEqual([]);
    expect(entries.map(({ line }) => line)).toEqual([2, 20_003]);
  });
});
