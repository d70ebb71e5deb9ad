import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Actor } from "@/lib/core/access";
import type { CoverageStep } from "@/lib/core/coverage-view";
import { delivered, eml } from "@/lib/core/eml-builder";
import { SyncError } from "@/lib/core/errors";
import { type SourceSession, type SourceUser, WindowExpired } from "@/lib/ports/source";
import { directoryUser } from "@/lib/testing/fakes";
import { createPortalWorld, never, type PortalWorld, valueOf } from "@/lib/testing/portal-world";

let world: PortalWorld;
let actor: Actor;
let asked: { start: string; end: string; cursor: string | null }[];
let users: SourceUser[] | null;
let pageOf: (start: Date, cursor: string | null) => Awaited<ReturnType<SourceSession["fetchPage"]>>;

beforeAll(async () => {
  world = await createPortalWorld();
  world.directory.users = [directoryUser("sue@contoso.com"), directoryUser("ben@contoso.com")];
  actor = await world.admin();
  const draft = await world.reachReview(actor);
  const file = "ExternalUserId,O365UserMailbox\n447700900001,sue@contoso.com\n";
  const mapping = valueOf(await world.upload(actor, file));
  const choice = { automaticMapping: true, mappingFileId: mapping.id, leavesBadLinesOut: false };
  const { version } = (await world.services.wizard.findDraft(actor)) ?? draft;
  valueOf(await world.services.wizard.saveMapping(actor, version, choice));
});
afterAll(() => world.close());

beforeEach(() => {
  asked = [];
  users = [];
  pageOf = () => ({ records: [], nextCursor: null });
  const unasked = async () => Promise.reject(new Error("Not asked by a preview"));
  world.source.open = () => ({
    account: async () => ({ id: "acc-1", name: "Contoso" }),
    async fetchPage({ start, end }, cursor) {
      asked.push({ start: start.toISOString(), end: end.toISOString(), cursor });
      return pageOf(start, cursor);
    },
    listUsers: async () => users,
    ...{ fetchManifest: unasked, fetchAttachment: unasked },
  });
});

function user(mobile: string, email: string | null, status = "ACTIVATED"): SourceUser {
  const named = { firstName: "Pat", lastName: "Doe", lastActivityAt: null };
  return { id: mobile, mobile, email, status, ...named };
}

function record(id: string, mobile: string, email?: string) {
  const owner = { type: "MOBILE", value: mobile, ...(email === undefined ? {} : { email }) };
  const at = new Date("2026-11-20T08:00:00Z");
  return {
    ...{ id, revision: "1", gatewayReceivedDate: at.toISOString(), networkType: "WhatsApp" },
    sourceType: "PHONE_ARCHIVER",
    body: {
      ...{ messageType: "CHAT", direction: "OUTGOING", networkMessageId: id, text: "x" },
      ...{ messageTime: at.getTime(), conversation: { id: "c", type: "DIRECT" } },
      ...{ owner, sender: owner, recipients: [] },
    },
  };
}

async function preview(signal: AbortSignal = never): Promise<CoverageStep[]> {
  const steps: CoverageStep[] = [];
  for await (const step of world.services.mappings.coverage(actor, signal)) steps.push(step);
  return steps;
}

async function result() {
  const last = (await preview()).at(-1);
  if (last?.kind !== "done") throw new Error(JSON.stringify(last));
  return last.result;
}

test("registered people and the items of the last days are resolved by the file first, then by e-mail", async () => {
  users = [
    user("447700900001", null),
    user("447700900002", "ben@contoso.com"),
    user("447700900003", "nobody@contoso.com"),
    user("447700900004", null, "DELETED"),
  ];
  let isFirst = true;
  pageOf = () => {
    const records = isFirst
      ? [
          record("a", "447700900001"),
          record("b", "447700900002", "ben@contoso.com"),
          record("c", "447700900003"),
        ]
      : [];
    isFirst = false;
    return { records, nextCursor: null };
  };
  expect(await result()).toMatchObject({
    people: { customMapping: 1, emailProperty: 1, leftOut: 1 },
    items: { customMapping: 1, emailProperty: 1, leftOut: 1 },
    leftOut: [
      { externalId: "447700900003", name: "Pat Doe", items: 1, csvLine: "447700900003,\r\n" },
    ],
    ...{ days: 7, isCut: false, hasFile: true, automaticMapping: true },
  });
});

test("seven days are asked for, the newest first, none overlapping", async () => {
  await result();
  expect(asked.map(({ start, end }) => [start, end])).toEqual(
    Array.from({ length: 7 }, (_, day) => [
      new Date(Date.UTC(2026, 10, 19 - day, 9, 55)).toISOString(),
      new Date(Date.UTC(2026, 10, 20 - day, 9, 55)).toISOString(),
    ]),
  );
});

test("pages follow the cursor, and ten thousand items are enough", async () => {
  let count = 0;
  pageOf = () => ({
    records: Array.from({ length: 200 }, () => record(`r${count++}`, "447700900001")),
    nextCursor: `at ${count}`,
  });
  const { items, isCut, days } = await result();
  expect({ items, isCut, days, asked: asked.length }).toEqual({
    items: { customMapping: 10_000, emailProperty: 0, leftOut: 0 },
    ...{ isCut: true, days: 1, asked: 50 },
  });
});

test("what the archive no longer holds is left out of the preview", async () => {
  pageOf = () => {
    throw new WindowExpired(new Date());
  };
  expect(await result()).toMatchObject({ items: { customMapping: 0 }, days: 7 });
});

test("of a delivery by files people are those its mails name, and the preview knows it", async () => {
  users = null;
  const To = "Sue <sue@contoso.com>";
  const mails = [delivered(eml({ To })), delivered(eml({ From: "Pat 447700900009", To: null }))];
  let isAsked = false;
  pageOf = () => {
    const page = { records: [], mails: isAsked ? [] : mails, nextCursor: null };
    isAsked = true;
    return page;
  };
  expect(await result()).toMatchObject({
    ...{ knowsPeople: false, items: { emailProperty: 1, leftOut: 1 } },
  });
});

test("a source that refuses is told in words", async () => {
  pageOf = () => {
    throw new SyncError("SourceUnavailable");
  };
  expect((await preview()).at(-1)).toEqual({
    kind: "refused",
    message: "TeleMessage did not answer. Try again in a few minutes.",
  });
});

test("whoever leaves off stops it, and may begin again", async () => {
  const abort = new AbortController();
  pageOf = () => {
    abort.abort();
    return { records: [record("a", "447700900001")], nextCursor: "more" };
  };
  await expect(preview(abort.signal)).rejects.toThrow();
  expect(asked).toHaveLength(1);
  pageOf = () => ({ records: [], nextCursor: null });
  expect((await preview()).at(-1)?.kind).toBe("done");
});

test("a second preview of the same person waits for the first", async () => {
  const first = world.services.mappings.coverage(actor, never)[Symbol.asyncIterator]();
  await first.next();
  expect((await preview()).at(-1)).toMatchObject({ kind: "refused" });
  await first.return?.();
  expect((await preview()).at(-1)?.kind).toBe("done");
});

test("it changes nothing but the directory's mirror", async () => {
  const tables = ["Delivery", "SyncItem", "SyncRun", "Connector", "AuditEvent", "MappingEntry"];
  const counts = () =>
    Promise.all(
      tables.map(async (table) => (await world.database.query(`SELECT 1 FROM "${table}"`)).length),
    );
  const before = await counts();
  const draft = await world.services.wizard.findDraft(actor);
  pageOf = () => ({ records: [record("a", "447700900008")], nextCursor: null });
  await result();
  expect(await counts()).toEqual(before);
  expect(await world.services.wizard.findDraft(actor)).toEqual(draft);
});
