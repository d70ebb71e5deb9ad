import { afterAll, beforeAll, expect, test } from "vitest";
import type { Actor } from "@/lib/core/access";
import type { MappingLineState } from "@/lib/core/mapping-entry";
import { directoryUser, fakeActor } from "@/lib/testing/fakes";
import { createPortalWorld, never, type PortalWorld, valueOf } from "@/lib/testing/portal-world";

let world: PortalWorld;
let actor: Actor;
beforeAll(async () => {
  world = await createPortalWorld();
  world.directory.users = [
    directoryUser("susan@contoso.com", {
      displayName: "Susan",
      addresses: ["susan@contoso.com", "sue@contoso.com"],
    }),
    directoryUser("shared@contoso.com", { hasExchangePlan: false }),
  ];
  actor = await world.admin();
  await world.reachReview(actor);
});
afterAll(() => world.close());

const lines = [
  "ExternalUserId,O365UserMailbox",
  "+44 5204 334324,SUE@contoso.com", // 2
  "445204334325,shared@contoso.com", // 3
  "445204334326,nobody@contoso.com", // 4
  "4.45E+11,susan@contoso.com", // 5
  "445204334327,susan@contoso.com", // 6, and 7 the same again
  "445204334327,susan@contoso.com",
  "445204334328,susan@contoso.com", // 8, contradicted by 9
  "445204334328,shared@contoso.com",
  "=HYPERLINK(1),susan@contoso.com", // 10
];

async function uploaded(): Promise<string> {
  return valueOf(await world.upload(actor, `${lines.join("\n")}\n`)).id;
}

async function numbersOf(
  fileId: string,
  state: MappingLineState | null,
  search: string | null = null,
): Promise<number[]> {
  const page = await world.services.mappings.lines(actor, fileId, { state, search }, null);
  return page?.rows.map(({ line }) => line) ?? [];
}

const compare = (fileId: string) =>
  world.services.mappings.checkAgainstDirectory(actor, fileId, never);

test("every line of the file is in the table, good and bad, in the file's order", async () => {
  expect(await numbersOf(await uploaded(), null)).toEqual([2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

test("a line says what it maps, and a bad one what is wrong and what to do", async () => {
  const page = await world.services.mappings.lines(
    actor,
    await uploaded(),
    { state: null, search: null },
    null,
  );
  expect(page?.rows[0]).toEqual({
    ...{ line: 2, state: "good", writtenAs: "+44 5204 334324", externalId: "445204334324" },
    ...{ mailboxAddress: "sue@contoso.com", validFrom: null, validTo: null },
    ...{ problems: [], mailbox: null },
  });
  expect(page?.rows[3]).toMatchObject({
    ...{ line: 5, state: "bad", externalId: null, mailbox: null },
    problems: [{ column: "ExternalUserId", severity: "error", value: "4.45E+11" }],
  });
});

test.each<[MappingLineState, number[], number[]]>([
  ["good", [2, 3, 4, 6], [2, 6]],
  ["warning", [7, 10], [3, 7, 10]],
  ["bad", [5, 8, 9], [4, 5, 8, 9]],
  ["found", [], [2, 3, 6, 10]],
  ["withoutLicence", [], [3]],
  ["unknownMailbox", [], [4]],
])(
  "lines are narrowed to %s, before and after mailboxes were looked for",
  async (state, before, after) => {
    const fileId = await uploaded();
    expect(await numbersOf(fileId, state)).toEqual(before);
    await compare(fileId);
    expect(await numbersOf(fileId, state)).toEqual(after);
  },
);

test("a line shows the mailbox it leads to, whichever address the file names", async () => {
  const fileId = await uploaded();
  await compare(fileId);
  const filter = { state: null, search: null };
  const page = await world.services.mappings.lines(actor, fileId, filter, null);
  expect(page?.rows.slice(0, 3).map(({ state, mailbox }) => [state, mailbox])).toEqual([
    ["good", { state: "found", address: "susan@contoso.com", displayName: "Susan" }],
    [
      "warning",
      {
        state: "withoutLicence",
        address: "shared@contoso.com",
        displayName: "shared@contoso.com",
      },
    ],
    ["bad", { state: "unknown" }],
  ]);
});

test.each([
  ["a number in any spelling", "+44 (0)5204-334324", [2]],
  ["the id as it is written in the file", "+44 5204 33", [2]],
  ["a part of an id", "33432", [2, 3, 4, 6, 7, 8, 9]],
  ["a mailbox in any case", "SHARED@", [3]],
  ["what stands on a bad line", "4.45e", [5]],
  ["a percent sign stands for itself", "%", []],
  ["blanks alone narrow nothing", "   ", [2, 3, 4, 5, 6, 7, 8, 9, 10]],
])("lines are found by %s", async (_name, search, expected) => {
  expect(await numbersOf(await uploaded(), null, search)).toEqual(expected);
});

test("lines come page by page, each once", async () => {
  const many = Array.from({ length: 120 }, (_, index) =>
    index % 3 === 0 ? `x${index},no` : `4420${100_000_000 + index},p@contoso.com`,
  );
  const fileId = valueOf(await world.upload(actor, `${lines[0]}\n${many.join("\n")}\n`)).id;
  const seen: number[] = [];
  let after: string | null = null;
  do {
    const filter = { state: null, search: null };
    const page = await world.services.mappings.lines(actor, fileId, filter, after);
    seen.push(...(page?.rows.map(({ line }) => line) ?? []));
    after = page?.next ?? null;
  } while (after !== null);
  expect(seen).toEqual(Array.from({ length: 120 }, (_, index) => index + 2));
});

test("nobody else sees the lines of a draft's file, nor another tenant's", async () => {
  const fileId = await uploaded();
  const filter = { state: null, search: null };
  const auditor = fakeActor(world.tenantId, { roles: ["Connector.Auditor"] });
  const stranger = fakeActor("019a0000-0000-7000-8000-000000000000");
  expect(await world.services.mappings.lines(auditor, fileId, filter, null)).toBeNull();
  expect(await world.services.mappings.lines(stranger, fileId, filter, null)).toBeNull();
});
