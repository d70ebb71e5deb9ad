import { describe, expect, test } from "vitest";
import { problemsOf, readMapping } from "./mapping-reading";

const header = "ExternalUserId,O365UserMailbox\n";

describe("the same external id again", () => {
  test("with different mailboxes: both lines are bad, and each names the other", async () => {
    const { entries, problems, check } = await readMapping(
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
    const { entries, problems, check } = await readMapping(
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
    const { check } = await readMapping(
      `${header}445204334324,a@contoso.com\nUS.1x,a@contoso.com\n`,
    );
    expect(check).toMatchObject({ people: 1, entries: 2, numbers: 1, otherIds: 1 });
  });

  test("a bad line does not make a good one bad", async () => {
    const problems = await problemsOf(
      `${header}445204334324,susan\n445204334324,alex@contoso.com\n`,
    );
    expect(problems).toEqual(["2 O365UserMailbox error"]);
  });
});

test("one number with a new holder every day is cut off, not chewed on", async () => {
  const day = (index: number) => new Date(index * 86_400_000).toISOString().slice(0, 10);
  const lines = Array.from(
    { length: 20_000 },
    (_, index) => `445204334324,p${index}@b.co,${day(index)},${day(index + 1)}\n`,
  );
  const { check, problems } = await readMapping(
    `Mobile,Email,ValidFrom,ValidTo\n${lines.join("")}`,
  );
  expect(check).toMatchObject({ entries: 100, errors: 19_900 });
  expect(problems[0]).toMatchObject({
    line: 102,
    message: expect.stringContaining("too many lines"),
  });
});

test("a hundred thousand contradicting lines are all told", async () => {
  const lines = Array.from({ length: 100_000 }, (_, index) => `445204334324,p${index}@b.co\n`);
  const { check } = await readMapping(`Mobile,Email\n${lines.join("")}`);
  expect(check).toMatchObject({ entries: 0, people: 0, errors: 100_000 });
}, 60_000);
