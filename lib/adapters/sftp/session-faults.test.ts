/** What a session holds when things go wrong, and what it lets go of: nothing is lost, nothing is left open. */
import { randomBytes } from "node:crypto";
import { buffer } from "node:stream/consumers";
import { expect, test } from "vitest";
import { eml } from "@/lib/core/eml-builder";
import { SyncError } from "@/lib/core/errors";
import { remoteFolder } from "@/lib/testing/remote-folder";
import { day, opened, signal } from "@/lib/testing/remote-session";
import { openSpooledFiles } from "@/lib/testing/spooled-files";
import { deliveryOf } from "@/lib/testing/zip-files";

const file = "202603010000-TeleMessage_1_20260302010500.zip";
const large = eml({}, randomBytes(750_000).toString("hex"));

test("a file that took the place of one that was read is not moved away unread", async () => {
  const zip = await deliveryOf([eml()]);
  const read = { name: file, sizeBytes: zip.byteLength, modifiedAt: new Date("2026-03-02T01:06Z") };
  const moved = async () => undefined;
  const ledger = { files: async () => [], settled: async () => [read], moved };
  const { remote, session } = opened({ movesFinishedFiles: true }, ledger);
  remote.put(file, await deliveryOf([eml(), eml({ "Message-ID": "<added@x>" })]));
  const { files } = await session.fetchManifest(day, signal);
  expect(files).toMatchObject([{ name: file, state: "ready", count: 2 }]);
  expect(remote.asked.moved).toEqual([]);
  await session.close?.();
});

test("whoever meets a cut late does not take away the connection that others have made since", async () => {
  const remote = remoteFolder();
  let made = 0;
  const { session } = opened({
    async connect() {
      made += 1;
      const isFirst = made === 1;
      const one = await remote.connect();
      const list = async () => {
        if (isFirst) throw new SyncError("SourceUnavailable");
        return one.list();
      };
      return { ...one, list };
    },
  });
  remote.put(file, await deliveryOf([large]));
  const reading = session.fetchPage(day, null, 9, signal);
  remote.cuts.push(100, 200, 300);
  await Promise.all([reading, session.fetchManifest(day, signal)]);
  await session.close?.();
  await expect.poll(() => remote.asked.closed).toBe(made);
});

test.skipIf(process.platform !== "linux")(
  "a download that nobody begins to read, or breaks off, leaves no file open",
  async () => {
    const { remote, session } = opened();
    remote.put(file, await deliveryOf([large]));
    const { mails } = await session.fetchPage(day, null, 9, signal);
    const fileId = mails?.[0]?.fileId ?? "";
    await session.fetchAttachment(fileId, signal);
    for await (const _chunk of (await session.fetchAttachment(fileId, signal)).bytes) break;
    const whole = await session.fetchAttachment(fileId, signal);
    expect((await buffer(whole.bytes)).equals(large)).toBe(true);
    expect(openSpooledFiles()).toBe(1);
    await session.close?.();
    expect(openSpooledFiles()).toBe(0);
  },
);
