/** Attachments that are added to a message that exists, whatever happens on the way. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Destination } from "@/lib/ports/destination";
import { complete, createLargeFileWorld, pieces } from "@/lib/testing/large-file-world";
import type { LargeFileWorld } from "@/lib/testing/large-file-world";
import { alice } from "@/lib/testing/records";

let open: LargeFileWorld;
beforeAll(async () => {
  open = await createLargeFileWorld();
});
afterAll(() => open.close());
beforeEach(() => open.calm());

test("what does not fit into the create is added to the message, small ones in one request and large ones in pieces", async () => {
  const { runId } = await open.filled();
  await open.drain();

  expect(await open.run(runId)).toMatchObject(complete);
  await open.isWhole();
  expect(await open.requests("POST", "/messages")).toBe(1);
  expect(await open.requests("POST", "/attachments")).toBe(1);
  expect(await open.requests("POST", "/createUploadSession")).toBe(1);
  expect(await open.requests("PUT", "{session}")).toBe(3);
});

test.each([
  ["of a small attachment", "POST", "/attachments$", { loseResponse: true }, 0],
  ["of an upload session", "POST", "/createUploadSession$", { loseResponse: true }, 0],
  ["of the first piece", "PUT", pieces, { loseResponse: true }, 0],
  ["of a piece in the middle", "PUT", pieces, { loseResponse: true }, 1],
  ["of the last piece", "PUT", pieces, { loseResponse: true }, 2],
  ["of a session, cut in the middle,", "POST", "/createUploadSession$", { cutBodyAfter: 30 }, 0],
  ["of a piece, cut in the middle,", "PUT", pieces, { cutBodyAfter: 10 }, 1],
])(
  "the lost answer %s is clarified at once, and nothing is there twice",
  async (_name, method, path, effect, skip) => {
    const { runId } = await open.filled();
    await open.fault(method, path, effect, 1, skip);
    await open.drain();
    expect(await open.run(runId)).toMatchObject(complete);
    await open.isWhole();
    expect(await open.requests("POST", "/messages")).toBe(1);
  },
);

test.each([
  ["a piece that was not taken is sent again", "PUT", { status: 503 }, 1],
  [
    "a mailbox that asks for a pause gets it",
    "PUT",
    { status: 429, headers: { "Retry-After": "1" } },
    1,
  ],
  ["a session that expires is followed by a new one", "PUT", { status: 404 }, 1],
])("%s, and the upload goes on", async (_name, method, effect, skip) => {
  const { runId } = await open.filled();
  await open.fault(method, pieces, effect, 1, skip);
  await open.drain();
  await open.later();
  await open.drain();
  expect(await open.run(runId)).toMatchObject(complete);
  await open.isWhole();
  expect(await open.requests("POST", "/messages")).toBe(1);
});

test.each([
  ["had arrived", { loseResponse: true }],
  ["had not", { status: 500 }],
])(
  "where a session cannot be asked, a piece without an answer is sent again: it %s",
  async (_name, effect) => {
    const { runId } = await open.filled();
    await open.fault("GET", pieces, { status: 405 }, 10);
    await open.fault("PUT", pieces, effect, 1, 1);
    await open.drain();
    expect(await open.run(runId)).toMatchObject(complete);
    await open.isWhole();
    expect(await open.requests("POST", "/messages")).toBe(1);
  },
);

test("an upload that never gets clear leads to a look; the half message is removed for good and written again", async () => {
  const { runId } = await open.filled();
  await open.fault("PUT", pieces, { status: 503 }, 6, 1);
  await open.drain();
  expect(await open.deliveries()).toMatchObject([{ state: "IMPORTING", writes: 1 }]);
  expect((await open.only())?.attachments).toHaveLength(2);

  await open.drainUntil(open.closed(runId));
  expect(await open.run(runId)).toMatchObject(complete);
  await open.isWhole();
  expect(await open.requests("POST", "/messages")).toBe(2);
});

test("a last piece the server finishes late, after we gave up, is found whole by the look", async () => {
  const { runId } = await open.filled([9_000_000]);
  const late: Promise<unknown>[] = [];
  const { destination } = open.parts;
  const deaf: Destination = {
    ...destination,
    async sendPiece(url, piece, signal) {
      if (piece.from + piece.bytes.byteLength < piece.totalBytes) {
        return destination.sendPiece(url, piece, signal);
      }
      const bytes = Uint8Array.from(piece.bytes);
      late.push(destination.sendPiece(url, { ...piece, bytes }, signal));
      return { outcome: "unclear" };
    },
    askSession: () => Promise.resolve({ outcome: "sessionGone" }),
    listAttachments: () => Promise.resolve(null),
  };
  await open.drain([{ ...open.parts, destination: deaf }]);
  expect(await open.deliveries()).toMatchObject([{ state: "IMPORTING" }]);
  await Promise.all(late);
  await open.drainUntil(open.closed(runId));
  expect(await open.run(runId)).toMatchObject(complete);
  await open.isWhole();
  expect(await open.requests("POST", "/messages")).toBe(1);
});

test("a holder that dies in the middle of an upload leaves a half message; the next one removes it and writes it again", async () => {
  const { runId } = await open.filled();
  const { destination, store } = open.parts;
  const dying: Destination = {
    ...destination,
    sendPiece: async (url, piece, signal) => {
      if (piece.from > 0) throw new Error("Killed");
      return destination.sendPiece(url, piece, signal);
    },
  };
  const recordOutcomes = () => Promise.reject(new Error("Killed"));
  const releaseLane = () => Promise.resolve();
  const dead = { ...store, recordOutcomes, releaseLane };
  await open.drain([{ ...open.parts, destination: dying, store: dead }]);
  expect((await open.only())?.attachments).toHaveLength(2);

  await open.drainUntil(open.closed(runId));
  expect(await open.run(runId)).toMatchObject(complete);
  await open.isWhole();
});

test("a message somebody moves while it is being completed is completed where it is", async () => {
  const { runId } = await open.filled();
  const { parts } = open;
  let moved = 0;
  const meddling: Destination = {
    ...parts.destination,
    async openSession(mailboxId, messageId, file, signal) {
      moved += 1;
      await open.graph("POST", `/users/${mailboxId}/messages/${messageId}/move`, {
        destinationId: "archive",
      });
      return parts.destination.openSession(mailboxId, messageId, file, signal);
    },
  };
  await open.drain([{ ...parts, destination: meddling }]);
  expect(moved).toBe(1);
  expect(await open.run(runId)).toMatchObject(complete);
  expect(await open.mail(alice.upn)).toEqual([]);
  expect((await open.mail(alice.upn, "Archive"))[0]?.attachments).toHaveLength(3);
});

test("a message somebody deletes for good while it is being completed is written again", async () => {
  const { runId } = await open.filled();
  const { parts } = open;
  let deleted = 0;
  const meddling: Destination = {
    ...parts.destination,
    async openSession(mailboxId, messageId, file, signal) {
      if ((deleted += 1) === 1) {
        await parts.destination.deletePermanently(mailboxId, messageId, signal);
      }
      return parts.destination.openSession(mailboxId, messageId, file, signal);
    },
  };
  await open.drain([{ ...parts, destination: meddling }]);
  expect(await open.run(runId)).toMatchObject(complete);
  await open.isWhole();
});
