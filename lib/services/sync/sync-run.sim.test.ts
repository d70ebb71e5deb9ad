import { afterEach, expect, test } from "vitest";
import { alice, bob, carol, chat, stranger, world } from "@/lib/testing/records";
import { createSyncWorld, type SyncWorld } from "@/lib/testing/sync-world";

let open: SyncWorld | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
});

const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);

test("an item of the last 24 hours arrives in the mailbox of every participant, once", async () => {
  open = await createSyncWorld(
    world([alice, bob], [chat({ id: "m1", receivedAt: hoursAgo(2), to: [bob, stranger] })]),
  );
  const { runId } = await open.finish();
  await open.drain();

  expect(await open.run(runId)).toMatchObject({
    state: "SUCCEEDED",
    availableFromSource: 1,
    availableForImport: 2,
    imported: 2,
    open: 0,
  });
  for (const upn of [alice.upn, bob.upn]) {
    const folder = await open.control(
      "GET",
      `/mailboxes/${upn}/messages?folder=WhatsApp%20Archiver`,
    );
    expect(folder).toMatchObject({ total: 1 });
  }
  expect(await open.control("GET", "/stats")).toMatchObject({
    duplicates: { byKey: 0, byInternetMessageId: 0 },
  });
});

test("an owner nobody can be found for stands as failed UserMapping, also when others got the item", async () => {
  const nobody = { ...stranger, mobile: "4915100000000" };
  open = await createSyncWorld(
    world([carol], [chat({ id: "m1", receivedAt: hoursAgo(2), owner: nobody, to: [carol] })]),
  );
  const { runId } = await open.finish();
  await open.drain();

  expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", imported: 1, failed: 1 });
  expect(await open.deliveries()).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ state: "FAILED", failureCode: "UserMapping", mailboxId: null }),
    ]),
  );
});
