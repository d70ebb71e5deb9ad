import iconv from "iconv-lite";
import { describe, expect, test } from "vitest";
import { readMapping } from "./mapping-reading";

const text =
  "Name,Mobile,Email\r\nZoë,Zoë.M,zoë@contoso.com\r\nBen,445204334324,ben@contoso.com\r\n";

describe("encodings", () => {
  const utf16 = (encoding: string) => iconv.encode(text, encoding, { addBOM: true });

  test.each<[string, Buffer, string]>([
    ["UTF-8", Buffer.from(text), "UTF-8"],
    ["UTF-8 with BOM", Buffer.from(`\uFEFF${text}`), "UTF-8 with BOM"],
    ["UTF-16 LE with BOM", utf16("utf-16le"), "UTF-16 LE"],
    ["UTF-16 BE with BOM", utf16("utf-16be"), "UTF-16 BE"],
    ["Windows-1252", iconv.encode(text, "windows-1252"), "Windows-1252"],
  ])("%s is read, and it is said which it was", async (_name, bytes, encoding) => {
    const { entries, problems, check } = await readMapping(bytes);
    expect(problems).toEqual([]);
    expect(entries).toMatchObject([
      { line: 2, externalId: "Zoë.M", mailboxAddress: "zoë@contoso.com" },
      { line: 3, externalId: "445204334324", mailboxAddress: "ben@contoso.com" },
    ]);
    expect(check.encoding).toBe(encoding);
  });

  test("Windows-1252 is told by its first character beyond ASCII, however late it comes", async () => {
    const lines = Array.from(
      { length: 9000 },
      (_, index) => `Ben,${445204000000 + index},b${index}@c.co\n`,
    );
    const file = `Name,Mobile,Email\n${lines.join("")}Zoë €,Zoë.€,zoe@contoso.com\n`;
    const { entries, check } = await readMapping(iconv.encode(file, "windows-1252"));
    expect(entries.at(-1)?.externalId).toBe("Zoë.€");
    expect(check.encoding).toBe("Windows-1252");
  });

  test("a cell that cannot be read is an error of its line alone", async () => {
    const bytes = Buffer.concat([
      Buffer.from("Mobile,Email\nZoë.M,zoe@contoso.com\nZo"),
      Buffer.from([0xeb]),
      Buffer.from(".N,ben@contoso.com\n445204334324,kim@contoso.com\n"),
    ]);
    const { entries, problems } = await readMapping(bytes);
    expect(entries.map(({ line }) => line)).toEqual([2, 4]);
    expect(problems).toMatchObject([
      {
        line: 3,
        column: "Mobile",
        severity: "error",
        message: expect.stringContaining("CSV UTF-8"),
      },
    ]);
  });

  test("a cell that cannot be read in an ignored column harms nobody", async () => {
    const bytes = Buffer.concat([
      Buffer.from(
        "Mobile,Email,Name\n445204334324,zoe@contoso.com,Zoë\n447700900123,b@contoso.com,Zo",
      ),
      Buffer.from([0xeb, 0x0a]),
    ]);
    expect((await readMapping(bytes)).problems).toEqual([]);
  });

  test("a character that a block cuts in two stays whole, in every encoding", async () => {
    for (const encoding of ["utf-8", "utf-16le", "utf-16be", "windows-1252"]) {
      for (let shift = 0; shift < 5; shift += 1) {
        const pad = "x".repeat(shift);
        const lines = Array.from(
          { length: 7000 },
          (_, i) => `${pad}é.${i},p${i}@contoso.com,${pad}\r\n`,
        );
        const file = `Mobile,Email,N\r\n${pad},,\r\n${lines.join("")}`;
        const addBOM = encoding.startsWith("utf-16");
        const { entries, problems } = await readMapping(iconv.encode(file, encoding, { addBOM }));
        expect(problems.slice(1)).toEqual([]);
        expect(entries).toHaveLength(7000);
        expect(entries.every(({ externalId }, i) => externalId === `${pad}é.${i}`)).toBe(true);
      }
    }
  }, 60_000);
});

describe("what is no CSV file is refused with advice", () => {
  test.each<[string, Buffer, string]>([
    ["an Excel workbook", Buffer.from("PK\u0003\u0004rest of it"), "Excel workbook"],
    ["an empty ZIP archive", Buffer.from("PK\u0005\u0006"), "ZIP"],
    ["an old Excel workbook", Buffer.from("d0cf11e0a1b11ae1", "hex"), "old Excel workbook"],
    ["a PDF", Buffer.from("%PDF-1.7\n"), "PDF"],
    ["a compressed file", Buffer.from("1f8b0800", "hex"), "Unpack it"],
    ["UTF-32", Buffer.from("fffe00004d000000", "hex"), "UTF-32"],
    [
      "UTF-16 without a BOM",
      iconv.encode("Mobile,Email\n", "utf-16le", { addBOM: false }),
      "not a text file",
    ],
    ["binary data", Buffer.from([1, 2, 0, 4]), "not a text file"],
    ["a web page", Buffer.from("<!DOCTYPE html><html></html>"), "web page"],
    ["an XML workbook", Buffer.from('<?xml version="1.0"?>'), "XML"],
    ["a formatted document", Buffer.from("{\\rtf1"), "RTF"],
  ])("%s", async (_name, bytes, message) => {
    const { entries, problems, check } = await readMapping(bytes);
    expect(entries).toEqual([]);
    expect(problems).toEqual([
      {
        line: 1,
        column: "",
        severity: "error",
        value: "",
        message: expect.stringContaining(message),
      },
    ]);
    expect(check).toMatchObject({
      isRefused: true,
      errors: 1,
      lines: 0,
      delimiter: null,
      encoding: null,
    });
  });

  test("binary data deep inside the file", async () => {
    const lines = "445204334324,a@b.co\n".repeat(10_000);
    const { problems } = await readMapping(`Mobile,Email\n${lines}\u0000`);
    expect(problems.at(-1)?.message).toContain("not a text file");
  });
});

describe("limits", () => {
  const sentence = "A mapping file may have up to 1,000,000 lines and 100 MB.";

  test("a line of 10 MB is an error of that line, and the rest is read", async () => {
    const long = "x".repeat(10 * 1024 * 1024);
    for (const end of ["\n", "\r\n", "\r"]) {
      const file = [
        "Mobile,Email",
        long,
        "445204334324,a@b.co",
        `"${long}`,
        "445204334325,b@b.co",
      ].join(end);
      const { entries, problems } = await readMapping(file);
      expect(problems.map(({ line }) => line)).toEqual([2, 4]);
      expect(problems[0]?.message).toContain("longer than 256 KB");
      expect(problems.every(({ value }) => value.length <= 200)).toBe(true);
      expect(entries.map(({ line }) => line)).toEqual([3, 5]);
    }
  }, 60_000);

  test("a header of 10 MB is refused", async () => {
    const { problems } = await readMapping("Mobile,Email".padEnd(10 * 1024 * 1024, "x"));
    expect(problems).toHaveLength(1);
  });

  test("a header of 30,000 columns is read like any other", async () => {
    const names = Array.from({ length: 30_000 }, (_, index) => `c${index}`).join(",");
    const { entries, check } = await readMapping(
      `${names},Mobile,Email\n${",".repeat(30_000)}445204334324,a@b.co\n`,
    );
    expect(entries).toHaveLength(1);
    expect(check.ignoredColumns).toHaveLength(101);
    expect(check.ignoredColumns.at(-1)).toBe("and 29900 more");
  });

  test("1,000,000 lines below the header are read, one more is refused", async () => {
    function* file(lines: number) {
      yield Buffer.from("Mobile,Email\n");
      const thousand = Buffer.from("445204334324,a@b.co\n".repeat(1000));
      for (let count = 0; count < lines; count += 1000) {
        yield lines - count < 1000 ? thousand.subarray(0, 20 * (lines - count)) : thousand;
      }
    }
    const whole = await readMapping(file(1_000_000));
    expect(whole.check).toMatchObject({
      lines: 1_000_000,
      entries: 1,
      errors: 0,
      warnings: 999_999,
      isRefused: false,
    });
    const larger = await readMapping(file(1_000_001));
    expect(larger.check.isRefused).toBe(true);
    expect(larger.problems.at(-1)).toMatchObject({
      severity: "error",
      message: expect.stringContaining(sentence),
    });
  }, 60_000);

  test("100 MB are read, more are refused as soon as they are there", async () => {
    let given = 0;
    function* file(bytes: number) {
      given = Buffer.byteLength("Mobile,Email\n445204334324,a@b.co\n");
      yield Buffer.from("Mobile,Email\n445204334324,a@b.co\n");
      const chunk = Buffer.alloc(64 * 1024, "x");
      while (given < bytes) {
        const next = chunk.subarray(0, Math.min(chunk.length, bytes - given));
        given += next.length;
        yield next;
      }
    }
    const whole = await readMapping(file(100 * 1024 * 1024));
    expect(whole.problems.map(({ line }) => line)).toEqual([3]);
    const larger = await readMapping(file(200 * 1024 * 1024));
    expect(larger.problems.at(-1)?.message).toContain(sentence);
    expect(given).toBeLessThan(101 * 1024 * 1024);
  }, 60_000);
});
