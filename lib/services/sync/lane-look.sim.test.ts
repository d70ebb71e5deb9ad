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

async function retry(runId: string): Promise<void> {
  await retryRun(open.sql, runId);
  await open.drain();
}

async function removeAttachments(messageId: string): Promise<void> {
  const path = `/users/${alice.upn}/messages/${messageId}/attachments`;
  const { value } = (await open.graph("GET", path)) as { value: { id: string }[] };
  for (const { id } of value) await open.graph("DELETE", `${path}/${id}`);
}
