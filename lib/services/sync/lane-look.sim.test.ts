import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { retryRun } from "@/lib/testing/sync-ledger";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []));
});
afterAll(() => open.close());
beforeEach(() => open.control("DELETE", "/faults"));

async function finish(records: readonly unknown[], attachments = {}) {
  await open.reset(world([alice, bob], records, attachments));
  return open.finish();
}

/** One create is carried out, and nobody hears of it. */
function loseAnswer() {
  const effect = { loseResponse: true };
  const path = "/messages$";
  return open.control("POST", "/faults", {
    service: "graph",
    method: "POST",
    path,
    times: 1,
    effect,
  });
}

function closed(runId: string): () => Promise<boolean> {
  return async () => {
    await open.later();
    return (await open.run(runId))["closedAt"] !== null;
  };
}

test("a half-written message is deleted for good and written again", async () => {
  const records = [
    chat({
      ...{ id: "m1", receivedAt: hoursAgo(2) },
      body: {
        messageType: "FILE",
        attachments: [{ id: "a", name: "a.bin", contentType: "application/pdf", sizeBytes: 9 }],
      },
    }),
  ];
  const { runId } = await finish(records, { a: { sizeBytes: 50_000, seed: 1 } });
  await loseAnswer();
  await open.drain();
  const [half] = await open.mail(alice.upn);
  await removeAttachments(half?.id ?? "");
  await open.drainUntil(closed(runId));

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  const written = await open.mail(alice.upn);
  expect(written.map(({ attachments }) => attachments.length)).toEqual([1]);
});

test.each([
  ["under another name", { name: "b.bin", bytes: 50_000 }],
  ["with fewer bytes", { name: "a.bin", bytes: 10_000 }],
])("a message whose one attachment is there %s is not whole", async (_name, wrong) => {
  const attachments = [
    { id: "a", name: "a.bin", contentType: "application/pdf", sizeBytes: 50_000 },
  ];
  const body = { messageType: "FILE", attachments };
  const { runId } = await finish([chat({ id: "m1", receivedAt: hoursAgo(2), body })], {
    a: { sizeBytes: 50_000, seed: 1 },
  });
  await loseAnswer();
  await open.drain();
  const [written] = await open.mail(alice.upn);
  await removeAttachments(written?.id ?? "");
  await open.graph("POST", `/users/${alice.upn}/messages/${written?.id}/attachments`, {
    "@odata.type": "#microsoft.graph.fileAttachment",
    ...{ name: wrong.name, contentBytes: Buffer.alloc(wrong.bytes).toString("base64") },
  });
  await open.drainUntil(closed(runId));

  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  const there = (await open.mail(alice.upn)).flatMap((mail) => mail.attachments);
  expect(there).toMatchObject([{ name: "a.bin", size: 50_000 }]);
});

test.each([
  ["beside ours", true],
  ["instead of ours", false],
])(
  "a message with our Message-ID and another key, found %s, is neither taken for ours nor deleted",
  async (_name, isOursThere) => {
    const { runId } = await finish([chat({ id: "m1", receivedAt: hoursAgo(2) })]);
    const { destination } = open.parts;
    const strange: string[] = [];
    const crowded: typeof destination = {
      ...destination,
      async createMessage(mailboxId, folderId, body, signal) {
        const copy = await destination.createMessage(
          mailboxId,
          folderId,
          withOtherKey(body),
          signal,
        );
        strange.push(copy.outcome === "created" ? copy.messageId : "");
        if (isOursThere) await destination.createMessage(mailboxId, folderId, body, signal);
        return { outcome: "inDoubt", status: null, sentAt: new Date() };
      },
    };
    await open.drain([{ ...open.parts, destination: crowded }]);
    await open.drainUntil(closed(runId));

    expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
    const ours = (await open.deliveries()).map(({ messageId }) => messageId);
    const there = (await open.mail(alice.upn)).map(({ id }) => id);
    expect(there.toSorted()).toEqual([...strange, ...ours].toSorted());
    expect(there).toHaveLength(2);
  },
);

test("a message somebody moved while it was in doubt is found where it is", async () => {
  const { runId } = await finish([chat({ id: "m1", receivedAt: hoursAgo(2) })]);
  await loseAnswer();
  await open.drain();
  const [written] = await open.mail(alice.upn);
  await open.graph("POST", `/users/${alice.upn}/messages/${written?.id}/move`, {
    destinationId: "archive",
  });
  await open.drainUntil(closed(runId));
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a partially imported item that is retried is looked for first, and written again only when it can be whole", async () => {
  const attachments = [
    { id: "a", name: "a.bin", contentType: "application/pdf", sizeBytes: 200_000 },
  ];
  const body = { messageType: "FILE", attachments };
  const { runId } = await finish([chat({ id: "m1", receivedAt: hoursAgo(2), body })], {
    a: { sizeBytes: 200_000, seed: 1 },
  });
  await open.sql.query(`UPDATE "Connector" SET "sizeLimitBytes" = 100000`);
  await open.drain();
  const [first] = await open.mail(alice.upn);
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", partiallyImported: 1 });

  await retry(runId);
  expect((await open.mail(alice.upn)).map(({ id }) => id)).toEqual([first?.id]);
  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", partiallyImported: 1 });

  await open.sql.query(`UPDATE "Connector" SET "sizeLimitBytes" = 1000000`);
  await retry(runId);
  const written = await open.mail(alice.upn);
  expect(written.map((mail) => mail.attachments.length)).toEqual([1]);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
});

/** As another installation writes the same item into the same mailbox. */
function withOtherKey(body: string): string {
  type Message = { readonly singleValueExtendedProperties: { id: string; value: string }[] };
  const message = JSON.parse(body) as Message;
  const properties = message.singleValueExtendedProperties.map(({ id, value }) => {
    return { id, value: id.endsWith("IdempotencyKey") ? "f".repeat(64) : value };
  });
  return JSON.stringify({ ...message, singleValueExtendedProperties: properties });
}

async function retry(runId: string): Promise<void> {
  await retryRun(open.sql, runId);
  await open.drain();
}

async function removeAttachments(messageId: string): Promise<void> {
  const path = `/users/${alice.upn}/messages/${messageId}/attachments`;
  const { value } = (await open.graph("GET", path)) as { value: { id: string }[] };
  for (const { id } of value) await open.graph("DELETE", `${path}/${id}`);
}
