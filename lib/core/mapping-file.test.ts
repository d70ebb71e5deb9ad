import fc from "fast-check";
import iconv from "iconv-lite";
import { describe, expect, test } from "vitest";
import {
  readMappingFile,
  type MappingCheck,
  type MappingEntry,
  type MappingProblem,
} from "./mapping";
import { mappingTemplate } from "./mapping-header";

type Result = { entries: MappingEntry[]; problems: MappingProblem[]; check: MappingCheck };

async function read(
  file: Iterable<Uint8Array> | string | Buffer,
  fileName = "mapping.csv",
): Promise<Result> {
  async function* chunks() {
    yield* typeof file === "string" || Buffer.isBuffer(file) ? [Buffer.from(file)] : file;
  }
  const reading = readMappingFile(chunks(), { defaultCountry: null, fileName });
  const entries: MappingEntry[] = [];
  const problems: MappingProblem[] = [];
  for (;;) {
    const next = await reading.next();
    if (next.done) return { entries, problems, check: next.value };
    if ("entry" in next.value) entries.push(next.value.entry);
    else problems.push(next.value.problem);
  }
}

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
    const { entries, problems, check } = await read(bytes);
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
    const { entries, check } = await read(iconv.encode(file, "windows-1252"));
    expect(entries.at(-1)?.externalId).toBe("Zoë.€");
    expect(check.encoding).toBe("Windows-1252");
  });

  test("a cell that cannot be read is an error of its line alone", async () => {
    const bytes = Buffer.concat([
      Buffer.from("Mobile,Email\nZoë.M,zoe@contoso.com\nZo"),
      Buffer.from([0xeb]),
      Buffer.from(".N,ben@contoso.com\n445204334324,kim@contoso.com\n"),
    ]);
    const { entries, problems } = await read(bytes);
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
    expect((await read(bytes)).problems).toEqual([]);
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
        const { entries, problems } = await read(iconv.encode(file, encoding, { addBOM }));
        expect(problems.slice(1)).toEqual([]);
        expect(entries).toHaveLength(7000);
        expect(entries.every(({ externalId }, i) => externalId === `${pad}é.${i}`)).toBe(true);
      }
    }
  }, 60_000);
});

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
    const { entries, problems, check } = await read(file);
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
      const { entries, problems } = await read(lines.join(end) + last);
      expect(entries).toMatchObject([{ line: 2 }]);
      expect(problems).toMatchObject([{ line: 4 }]);
    }
  });

  test("line ends may be mixed within one file", async () => {
    const { entries } = await read(
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
    const { entries, problems } = await read(
      'Name,Mobile,Email\r\n"Doe, ""JJ""\r\nJane",445204334324,a@b.co\r\n"x\ry\n\nz","445204334325","b@b.co"\r\nPlain,123,c@b.co\r\n',
    );
    expect(entries).toMatchObject([{ line: 2 }, { line: 4 }]);
    expect(problems).toMatchObject([{ line: 8 }]);
  });

  test("spaces around quoted cells do not matter", async () => {
    const { entries, problems } = await read(
      'Mobile, Email\n"445204334324" , "susan@contoso.com" \n',
    );
    expect(problems).toEqual([]);
    expect(entries).toHaveLength(1);
  });

  test("a quotation mark inside a plain cell is a letter like any other", async () => {
    const { entries, problems } = await read('Name,Mobile,Email\n5" tablet,445204334324,a@b.co\n');
    expect(problems).toEqual([]);
    expect(entries).toHaveLength(1);
  });

  test.each([
    ["at the beginning", '"445204334324,a@b.co\n'],
    ["in its second cell", '445204334324,"a@b.co\n'],
    ["closed by a later line", '"445204334324,a@b.co\n447,"x@b.co"\n'],
    ["closed at the end of a later line", '"445204334324,a@b.co\n445204334399,x"\n'],
  ])("a mark that is not closed, %s, costs its own line only", async (_name, lines) => {
    const { entries, problems } = await read(`Mobile,Email\n${lines}447700900123,last@b.co\n`);
    expect(problems[0]).toMatchObject({ line: 2, severity: "error" });
    expect(problems[0]?.message).toContain("quotation marks");
    expect(entries.at(-1)).toMatchObject({ mailboxAddress: "last@b.co" });
  });

  test("a mark that is never closed in a large file costs its own line only", async () => {
    const lines = Array.from(
      { length: 30_000 },
      (_, index) => `${445204000000 + index},p${index}@b.co\n`,
    );
    const { entries, problems } = await read(`Mobile,Email\n"oops,x@b.co\n${lines.join("")}`);
    expect(problems).toMatchObject([{ line: 2 }]);
    expect(entries).toHaveLength(30_000);
    expect(entries.at(-1)?.line).toBe(30_002);
  });

  test("a cell may span lines across blocks", async () => {
    const name = `"${"Bob\r\n".repeat(20_000)}"`;
    const { entries, problems } = await read(
      `Name,Mobile,Email\n${name},445204334324,a@b.co\nx,445204334325,b@b.co`,
    );
    expect(problems).toEqual([]);
    expect(entries.map(({ line }) => line)).toEqual([2, 20_003]);
  });
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
    const { entries, problems, check } = await read(bytes, "mapping.csv");
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
    expect(check).toMatchObject({ errors: 1, lines: 0, delimiter: null, encoding: null });
  });

  test("binary data deep inside the file", async () => {
    const lines = "445204334324,a@b.co\n".repeat(10_000);
    const { problems } = await read(`Mobile,Email\n${lines}\u0000`);
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
      const { entries, problems } = await read(file);
      expect(problems.map(({ line }) => line)).toEqual([2, 4]);
      expect(problems[0]?.message).toContain("longer than 256 KB");
      expect(problems.every(({ value }) => value.length <= 200)).toBe(true);
      expect(entries.map(({ line }) => line)).toEqual([3, 5]);
    }
  }, 60_000);

  test("a header of 10 MB is refused", async () => {
    const { problems } = await read("Mobile,Email".padEnd(10 * 1024 * 1024, "x"));
    expect(problems).toHaveLength(1);
  });

  test("a header of 30,000 columns is read like any other", async () => {
    const names = Array.from({ length: 30_000 }, (_, index) => `c${index}`).join(",");
    const { entries, check } = await read(
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
    const whole = await read(file(1_000_000));
    expect(whole.check).toMatchObject({
      lines: 1_000_000,
      entries: 1,
      errors: 0,
      warnings: 999_999,
    });
    const larger = await read(file(1_000_001));
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
    const whole = await read(file(100 * 1024 * 1024));
    expect(whole.problems.map(({ line }) => line)).toEqual([3]);
    const larger = await read(file(200 * 1024 * 1024));
    expect(larger.problems.at(-1)?.message).toContain(sentence);
    expect(given).toBeLessThan(101 * 1024 * 1024);
  }, 60_000);

  test("one number with a new holder every day is cut off, not chewed on", async () => {
    const day = (index: number) => new Date(index * 86_400_000).toISOString().slice(0, 10);
    const lines = Array.from(
      { length: 20_000 },
      (_, index) => `445204334324,p${index}@b.co,${day(index)},${day(index + 1)}\n`,
    );
    const { check, problems } = await read(`Mobile,Email,ValidFrom,ValidTo\n${lines.join("")}`);
    expect(check).toMatchObject({ entries: 100, errors: 19_900 });
    expect(problems[0]).toMatchObject({
      line: 102,
      message: expect.stringContaining("too many lines"),
    });
  });

  test("a hundred thousand contradicting lines are all told", async () => {
    const lines = Array.from({ length: 100_000 }, (_, index) => `445204334324,p${index}@b.co\n`);
    const { check } = await read(`Mobile,Email\n${lines.join("")}`);
    expect(check).toMatchObject({ entries: 0, people: 0, errors: 100_000 });
  }, 60_000);
});

describe("whatever is uploaded, the reading ends with a count and with advice", () => {
  const nasty = fc.string({
    unit: fc.constantFrom(
      ..."\"',;\t\n\r 0+a@.é\u0000\uFEFF",
      "447700900123",
      "x@b.co",
      "__proto__",
    ),
    maxLength: 80,
  });

  test.each<[string, fc.Arbitrary<Uint8Array>]>([
    ["any bytes", fc.uint8Array({ maxLength: 200 })],
    [
      "any bytes below a header",
      fc
        .uint8Array({ maxLength: 200 })
        .map((bytes) => Buffer.concat([Buffer.from("Mobile,Email\n"), bytes])),
    ],
    [
      "anything like a CSV file",
      nasty.map((lines) => Buffer.from(`Mobile,Email,ValidFrom\n${lines}`)),
    ],
    [
      "anything like UTF-16",
      nasty.map((lines) => iconv.encode(`Mobile\tEmail\n${lines}`, "utf-16le", { addBOM: true })),
    ],
  ])("%s", async (_name, files) => {
    await fc.assert(
      fc.asyncProperty(files, async (bytes) => {
        const { entries, problems, check } = await read(Buffer.from(bytes));
        const errors = problems.filter(({ severity }) => severity === "error");
        const bad = new Set(errors.map(({ line }) => line));
        expect(check.errors).toBe(errors.length);
        expect(check.warnings).toBe(problems.length - errors.length);
        expect(check.entries).toBe(entries.filter(({ line }) => !bad.has(line)).length);
        expect(check.numbers + check.otherIds).toBeLessThanOrEqual(check.entries);
        expect(check.people).toBeLessThanOrEqual(check.entries);
        expect(entries.length + errors.length).toBeGreaterThan(0);
        for (const { message, value } of problems) {
          expect(message).toMatch(/\.$/);
          expect(value.length).toBeLessThanOrEqual(200);
        }
      }),
      { numRuns: 200 },
    );
  });
});

test("whoever stops reading stops the source too", async () => {
  let isClosed = false;
  async function* chunks() {
    try {
      for (;;) yield Buffer.from("Mobile,Email\n445204334324,a@b.co\n".repeat(5000));
    } finally {
      isClosed = true;
    }
  }
  for await (const finding of readMappingFile(chunks(), { defaultCountry: null, fileName: "x" })) {
    expect(finding).toHaveProperty("entry");
    break;
  }
  expect(isClosed).toBe(true);
});

test("a source that breaks off breaks the reading", async () => {
  async function* chunks() {
    yield Buffer.from("Mobile,Email\n");
    throw new Error("connection reset");
  }
  const reading = readMappingFile(chunks(), { defaultCountry: null, fileName: "x" });
  await expect(reading.next()).rejects.toThrow("connection reset");
});

test("the template is Microsoft's own header", async () => {
  expect(mappingTemplate).toBe("ExternalUserId,O365UserMailbox\r\n");
  const { entries } = await read(`${mappingTemplate}445204334324,susan@contoso.com\r\n`);
  expect(entries).toHaveLength(1);
});
