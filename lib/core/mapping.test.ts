import fc from "fast-check";
import iconv from "iconv-lite";
import { describe, expect, test } from "vitest";
import { readMappingFile } from "./mapping";
import { problemsOf, readMapping } from "./mapping-reading";

const header = "ExternalUserId,O365UserMailbox\n";

test("the contract's example is read as it says", async () => {
  const { entries, problems, check } = await readMapping(
    `${header}445204334324,susan@contoso.com\n+1 (617) 555-0123,alex@contoso.com\nUS.13491208655302741918,jeff@contoso.com\n`,
  );
  expect(problems).toEqual([]);
  expect(entries).toEqual([
    {
      line: 2,
      externalId: "445204334324",
      writtenAs: "445204334324",
      mailboxAddress: "susan@contoso.com",
      validFrom: null,
      validTo: null,
    },
    {
      line: 3,
      externalId: "16175550123",
      writtenAs: "+1 (617) 555-0123",
      mailboxAddress: "alex@contoso.com",
      validFrom: null,
      validTo: null,
    },
    {
      line: 4,
      externalId: "US.13491208655302741918",
      writtenAs: "US.13491208655302741918",
      mailboxAddress: "jeff@contoso.com",
      validFrom: null,
      validTo: null,
    },
  ]);
  expect(check).toEqual({
    people: 3,
    lines: 3,
    entries: 3,
    numbers: 2,
    otherIds: 1,
    errors: 0,
    warnings: 0,
    isRefused: false,
    ignoredColumns: [],
    delimiter: "comma",
    encoding: "UTF-8",
  });
});

describe("a line", () => {
  test.each([
    ["a missing id", ",susan@contoso.com", ["2 ExternalUserId error"]],
    ["a missing mailbox", "445204334324,", ["2 O365UserMailbox error"]],
    ["no second cell at all", "445204334324", ["2 O365UserMailbox error"]],
    ["a mailbox that is no address", "445204334324,susan", ["2 O365UserMailbox error"]],
    ["an id that is no number", "44520433432#,susan@contoso.com", ["2 ExternalUserId error"]],
    ["digits that a spreadsheet lost", "4.45E+11,susan@contoso.com", ["2 ExternalUserId error"]],
    [
      "a national number without country",
      "07700 900123,susan@contoso.com",
      ["2 ExternalUserId error"],
    ],
    [
      "both wrong: both are told",
      "123,susan",
      ["2 ExternalUserId error", "2 O365UserMailbox error"],
    ],
    ["more cells than the header", "445204334324,susan@contoso.com,x", ["2  warning"]],
    ["more cells, but empty ones", "445204334324,susan@contoso.com,,", []],
    ["the columns exchanged", "susan@contoso.com,445204334324", ["2 O365UserMailbox error"]],
    ["a formula for an id", "=1+1,susan@contoso.com", ["2 ExternalUserId error"]],
    [
      "a formula with letters",
      "\"=cmd|' /C calc'!A0\",susan@contoso.com",
      ["2 ExternalUserId warning"],
    ],
    ["a formula for a mailbox", '445204334324,=A1&"@contoso.com"', ["2 O365UserMailbox error"]],
  ])("%s", async (_name, line, expected) => {
    expect(await problemsOf(`${header}${line}\n`)).toEqual(expected);
  });

  test("blank lines and lines of nothing but delimiters are skipped, and counted as lines of the file", async () => {
    const { entries, problems, check } = await readMapping(
      `${header}\n,\n  , \n445204334324,susan@contoso.com\n\n`,
    );
    expect(problems).toEqual([]);
    expect(entries).toMatchObject([{ line: 5 }]);
    expect(check.lines).toBe(1);
  });

  test("one bad line never hides another", async () => {
    const problems = await problemsOf(
      `${header}1,a@b.c\n445204334324,susan@contoso.com\n"445,x\n,y\n4.45E+11,z@b.c\n07700900123,q@b.c\n447700900999,last@contoso.com\n`,
    );
    expect(problems).toEqual([
      "2 ExternalUserId error",
      "4  error",
      "5 ExternalUserId error",
      "5 O365UserMailbox error",
      "6 ExternalUserId error",
      "7 ExternalUserId error",
    ]);
  });

  test("the problem quotes the column as the file calls it, and the value as the file has it", async () => {
    const { problems } = await readMapping("Mobile,Mailbox\n445204334324,susan\n");
    expect(problems).toEqual([
      {
        line: 2,
        column: "Mailbox",
        severity: "error",
        value: "susan",
        message: "This is not an e-mail address. Enter one such as susan@contoso.com.",
      },
    ]);
  });

  test("a value is quoted with at most 200 characters, never half of one", async () => {
    const { problems } = await readMapping(`${header}445204334324,${"x".repeat(199)}😀😀\n`);
    expect(problems[0]?.value).toBe("x".repeat(199));
  });

  test("national numbers are read with the country the administrator picked", async () => {
    const { entries, problems } = await readMapping(
      `${header}020 7946 0958,susan@contoso.com\n`,
      "GB",
    );
    expect(problems).toEqual([]);
    expect(entries[0]).toMatchObject({ externalId: "442079460958", writtenAs: "020 7946 0958" });
  });
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
        const { entries, problems, check } = await readMapping(Buffer.from(bytes));
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
  for await (const found of readMappingFile(chunks(), { defaultCountry: null, fileName: "x" })) {
    expect(found[0]).toHaveProperty("entry");
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
