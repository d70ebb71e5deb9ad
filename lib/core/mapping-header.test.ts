import { describe, expect, test } from "vitest";
import { mappingTemplate } from "./mapping-header";
import { problemsOf, readMapping } from "./mapping-reading";
const header = "ExternalUserId,O365UserMailbox\n";

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
    const { entries, problems } = await readMapping(
      `${id},${mailbox}\n445204334324,susan@contoso.com\n`,
    );
    expect(problems).toEqual([]);
    expect(entries).toHaveLength(1);
  });

  test("takes the columns in any order, and says which further ones it ignores", async () => {
    const { entries, check, problems } = await readMapping(
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
    const { entries, check } = await readMapping(
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
    const { problems } = await readMapping("Name,Email\nx,y\n");
    expect(problems[0]?.message).toContain("MobileNumber, Mobile, Phone, PhoneNumber");
  });

  test("a file that begins with data at once is told to put the header above", async () => {
    const { problems } = await readMapping("445204334324,susan@contoso.com\n");
    expect(problems[0]?.message).toContain(
      "put the header ExternalUserId,O365UserMailbox above it",
    );
  });

  test("two columns that could both be meant: one is taken, and it is said which", async () => {
    const { entries, problems, check } = await readMapping(
      "Mobile,Email,UPN\n445204334324,susan@contoso.com,sue@contoso.com\n",
    );
    expect(entries[0]?.mailboxAddress).toBe("susan@contoso.com");
    expect(problems).toMatchObject([{ line: 1, column: "UPN", severity: "warning" }]);
    expect(check.ignoredColumns).toEqual(["UPN"]);
  });

  test("the template's own column wins over one further left", async () => {
    const { entries } = await readMapping(
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
      const { problems } = await readMapping(text);
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
      const { problems, check } = await readMapping(text);
      expect(problems[0]?.message).toContain("no lines");
      expect(check).toMatchObject({ lines: 0, errors: 1, isRefused: true });
    },
  );
});

test("the template is Microsoft's own header", async () => {
  expect(mappingTemplate).toBe("ExternalUserId,O365UserMailbox\r\n");
  const { entries } = await readMapping(`${mappingTemplate}445204334324,susan@contoso.com\r\n`);
  expect(entries).toHaveLength(1);
});
