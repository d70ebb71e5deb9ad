import { describe, expect, test } from "vitest";
import {
  readMappingFile,
  type MappingCheck,
  type MappingEntry,
  type MappingProblem,
} from "./mapping";

type Result = { entries: MappingEntry[]; problems: MappingProblem[]; check: MappingCheck };

async function read(text: string, defaultCountry: string | null = null): Promise<Result> {
  async function* chunks() {
    yield Buffer.from(text);
  }
  const reading = readMappingFile(chunks(), { defaultCountry, fileName: "mapping.csv" });
  const entries: MappingEntry[] = [];
  const problems: MappingProblem[] = [];
  for (;;) {
    const next = await reading.next();
    if (next.done) return { entries, problems, check: next.value };
    if ("entry" in next.value) entries.push(next.value.entry);
    else problems.push(next.value.problem);
  }
}

/** Problems as "line column severity", the shape in which most rules can be said. */
async function problemsOf(text: string, defaultCountry: string | null = null): Promise<string[]> {
  const { problems } = await read(text, defaultCountry);
  return problems.map(({ line, column, severity }) => `${line} ${column} ${severity}`);
}

const header = "ExternalUserId,O365UserMailbox\n";

test("the contract's example is read as it says", async () => {
  const { entries, problems, check } = await read(
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
    ignoredColumns: [],
    delimiter: "comma",
    encoding: "UTF-8",
  });
});

describe("the header", () => {
  test.each([
    ["External User ID", "Microsoft 365 User Mailbox"],
    ["externaluserid", "O365USERMAILBOX"],
    ["MobileNumber", "Email"],
    ["Mobile", "EmailAddress"],
    ["mobile number", "e mail"],
    ["Phone", "UPN"],
    ["PhoneNumber", "UserPrincipalName"],
    ['" External User ID "', '"Mailbox"'],
    ["'Phone'", "'Mailbox'"],
    ['"External\nUser ID"', "Mailbox"],
  ])("accepts %j and %j", async (id, mailbox) => {
    const { entries, problems } = await read(`${id},${mailbox}\n445204334324,susan@contoso.com\n`);
    expect(problems).toEqual([]);
    expect(entries).toHaveLength(1);
  });

  test("takes the columns in any order, and says which further ones it ignores", async () => {
    const { entries, check, problems } = await read(
      "Department,UPN,Name,Mobile,__proto__,\nSales,Susan@Contoso.com,Susan,445204334324,x,\n",
    );
    expect(problems).toEqual([]);
    expect(entries[0]).toMatchObject({
      externalId: "445204334324",
      mailboxAddress: "susan@contoso.com",
    });
    expect(check.ignoredColumns).toEqual(["Department", "Name", "__proto__"]);
  });

  test("columns called __proto__ and constructor change nothing", async () => {
    const { entries, check } = await read(
      "__proto__,constructor,Mobile,Email\npolluted,x,445204334324,susan@contoso.com\n",
    );
    expect(entries).toHaveLength(1);
    expect(check.ignoredColumns).toEqual(["__proto__", "constructor"]);
    expect(Object.prototype).not.toHaveProperty("polluted");
  });

  test.each([
    ["Name,Email\nSusan,susan@contoso.com\n", ["1 ExternalUserId error"]],
    ["Mobile,Name\n445204334324,Susan\n", ["1 O365UserMailbox error"]],
    ["A,B\n1,2\n", ["1 ExternalUserId error", "1 O365UserMailbox error"]],
    ["\n\nA;B\n1;2\n", ["3 ExternalUserId error", "3 O365UserMailbox error"]],
  ])("%j lacks columns", async (text, expected) => {
    expect(await problemsOf(text)).toEqual(expected);
  });

  test("what is accepted is said where a column is missing", async () => {
    const { problems } = await read("Name,Email\nx,y\n");
    expect(problems[0]?.message).toContain("MobileNumber, Mobile, Phone, PhoneNumber");
  });

  test("a file that begins with data at once is told to put the header above", async () => {
    const { problems } = await read("445204334324,susan@contoso.com\n");
    expect(problems[0]?.message).toContain(
      "put the header ExternalUserId,O365UserMailbox above it",
    );
  });

  test("two columns that could both be meant: one is taken, and it is said which", async () => {
    const { entries, problems, check } = await read(
      "Mobile,Email,UPN\n445204334324,susan@contoso.com,sue@contoso.com\n",
    );
    expect(entries[0]?.mailboxAddress).toBe("susan@contoso.com");
    expect(problems).toMatchObject([{ line: 1, column: "UPN", severity: "warning" }]);
    expect(check.ignoredColumns).toEqual(["UPN"]);
  });

  test("the template's own column wins over one further left", async () => {
    const { entries } = await read(
      "Phone,Email,ExternalUserId,O365UserMailbox\n999,x@y.z,445204334324,susan@contoso.com\n",
    );
    expect(entries[0]).toMatchObject({
      externalId: "445204334324",
      mailboxAddress: "susan@contoso.com",
    });
  });

  test("the same column twice is an error", async () => {
    expect(await problemsOf("Mobile,mobile,Email\n1,2,3\n")).toEqual(["1 Mobile error"]);
  });

  test.each(["", "\n\n\r\n", "\uFEFF", "   \n", ",,\n,,\n"])(
    "a file of nothing (%j) is empty",
    async (text) => {
      const { problems } = await read(text);
      expect(problems).toEqual([
        {
          line: 1,
          column: "",
          severity: "error",
          value: "",
          message: "The file is empty. Fill in the template and upload it again.",
        },
      ]);
    },
  );

  test.each([header, header.trim(), `${header}\n\n,\n`])(
    "a header without lines (%j) is an error",
    async (text) => {
      const { problems, check } = await read(text);
      expect(problems[0]?.message).toContain("no lines");
      expect(check).toMatchObject({ lines: 0, errors: 1 });
    },
  );
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
    const { entries, problems, check } = await read(
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
    const { problems } = await read("Mobile,Mailbox\n445204334324,susan\n");
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
    const { problems } = await read(`${header}445204334324,${"x".repeat(199)}😀😀\n`);
    expect(problems[0]?.value).toBe("x".repeat(199));
  });

  test("national numbers are read with the country the administrator picked", async () => {
    const { entries, problems } = await read(`${header}020 7946 0958,susan@contoso.com\n`, "GB");
    expect(problems).toEqual([]);
    expect(entries[0]).toMatchObject({ externalId: "442079460958", writtenAs: "020 7946 0958" });
  });
});

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
    const { entries } = await read(`${header}445204334324,${address}\n`);
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
    const { problems } = await read(`${header}445204334324,Susan <susan@contoso.com>\n`);
    expect(problems[0]?.message).toContain("address alone");
  });
});

describe("the same external id again", () => {
  test("with different mailboxes: both lines are bad, and each names the other", async () => {
    const { entries, problems, check } = await read(
      `${header}445204334324,susan@contoso.com\n447700900123,jeff@contoso.com\n+44 5204 334324,alex@contoso.com\n`,
    );
    expect(problems).toMatchObject([
      {
        line: 4,
        column: "ExternalUserId",
        severity: "error",
        message: expect.stringContaining("Line 2 "),
      },
      {
        line: 2,
        column: "ExternalUserId",
        severity: "error",
        message: expect.stringContaining("Line 4 "),
      },
    ]);
    const bad = new Set(problems.map(({ line }) => line));
    expect(entries.filter(({ line }) => !bad.has(line)).map(({ line }) => line)).toEqual([3]);
    expect(check).toMatchObject({
      lines: 3,
      entries: 1,
      people: 1,
      numbers: 1,
      errors: 2,
      warnings: 0,
    });
  });

  test("a third line that repeats a bad one is bad as well", async () => {
    const problems = await problemsOf(
      `${header}445204334324,susan@contoso.com\n445204334324,alex@contoso.com\n445204334324,susan@contoso.com\n`,
    );
    expect(problems).toEqual([
      "3 ExternalUserId error",
      "2 ExternalUserId error",
      "4 ExternalUserId error",
    ]);
  });

  test("the same line twice is a warning and counts once", async () => {
    const { entries, problems, check } = await read(
      `${header}445204334324,susan@contoso.com\n+445204334324,SUSAN@contoso.com\n`,
    );
    expect(entries).toHaveLength(1);
    expect(problems).toMatchObject([
      { line: 3, severity: "warning", message: expect.stringContaining("line 2") },
    ]);
    expect(check).toMatchObject({ lines: 2, entries: 1, people: 1, errors: 0, warnings: 1 });
  });

  test("ids that differ in case are two people", async () => {
    expect(await problemsOf(`${header}Us.1x,a@contoso.com\nUS.1x,b@contoso.com\n`)).toEqual([]);
  });

  test("two numbers of one mailbox are one person", async () => {
    const { check } = await read(`${header}445204334324,a@contoso.com\nUS.1x,a@contoso.com\n`);
    expect(check).toMatchObject({ people: 1, entries: 2, numbers: 1, otherIds: 1 });
  });

  test("a bad line does not make a good one bad", async () => {
    const problems = await problemsOf(
      `${header}445204334324,susan\n445204334324,alex@contoso.com\n`,
    );
    expect(problems).toEqual(["2 O365UserMailbox error"]);
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
    const { entries, problems } = await read(lines(`a@contoso.com,${text},`));
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
    const { problems } = await read(lines(`a@contoso.com,,${text}`));
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
    const { problems } = await read(lines(...cells));
    expect(problems.map(({ line }) => line)).toEqual(badLines);
  });

  test("the same period with the same mailbox twice is the same line twice", async () => {
    const { problems } = await read(
      lines("a@b.co,2026-03-01,2026-04-01", "a@b.co,2026-03-01,2026-04-01"),
    );
    expect(problems).toMatchObject([{ line: 3, severity: "warning" }]);
  });

  test("an overlap is told as one", async () => {
    const { problems } = await read(lines("a@b.co,,2026-03-02", "c@b.co,2026-03-01,"));
    expect(problems[0]?.message).toContain("validity overlaps that of line 2");
  });
});
