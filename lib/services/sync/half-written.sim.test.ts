import { afterEach, expect, test } from "vitest";
import { alice, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";

let open: SyncWorld | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

const bytes = Buffer.alloc(40_000, "0123456789");
const attachments = { large: { base64: bytes.toString("base64") } };
const record = chat({
  id: "m1",
  receivedAt: hoursAgo(3),
  body: {
    messageType: "FILE",
    attachments: [{ id: "large", name: "large.bin", contentType: "application/octet-stream" }],
  },
});

test.each([
  ["a page instead of an answer", { status: 200, body: "<html>Sign in</html>" }],
  ["an answer without an attachment", { status: 201, body: {} }],
])("%s is no attachment: the message is not called whole until it is", async (_name, effect) => {
  open = await createSyncWorld(world([alice], [record], attachments), {
    ...{ createBytes: 20_000, inDoubtMs: 100 },
  });
  await open.control("POST", "/faults", {
    ...{ service: "graph", method: "POST", path: "/messages/[^/]+/attachments$", times: 1 },
    effect,
  });
  const { runId } = await open.finish();
  await open.drainUntil(async () => {
    await open?.later();
    return (await open?.run(runId))?.["closedAt"] !== null;
  });
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 1 });
  const mail = await open.mail(alice.upn);
  expect(mail.map((message) => message.attachments.map(({ size }) => size))).toEqual([[40_000]]);
  expect(await open.duplicates()).toEqual(noDuplicates);
});
