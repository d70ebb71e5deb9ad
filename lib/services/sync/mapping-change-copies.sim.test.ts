/** Copies of one message in one mailbox when the mapping changes: who stood back for another may be woken. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createMappingWorld, type MappingWorld } from "@/lib/testing/mapping-world";
import { fred, gina, receivedAt } from "@/lib/testing/mapping-world";
import { bob, carol, chat, type Person } from "@/lib/testing/records";
import { noDuplicates } from "@/lib/testing/sync-world";
import { runLane } from "./lane";
import { transferRun } from "./transfer";

let open: MappingWorld;
beforeAll(async () => {
  open = await createMappingWorld();
});
afterAll(() => open.close());

const fredToBob = `${fred.mobile},${bob.upn}`;

/** One message as Fred's and Gina's phones archived it, both in Bob's mailbox: the second stood back for the first. */
async function standingBack() {
  const body = { networkMessageId: "n1", text: "Hello" };
  const records = [
    chat({ id: "first", receivedAt, owner: fred, to: [], body }),
    chat({ id: "second", receivedAt, owner: gina, to: [], body }),
  ];
  const { id, runId } = await open.connected(records, [fredToBob, `${gina.mobile},${bob.upn}`]);
  await transferRun(open.parts, runId, open.signal);
  const [first, second] = await open.deliveries();
  await open.sql.query(
    `UPDATE "Delivery" SET "state" = 'SKIPPED', "failureCode" = 'Duplicate', "duplicateOfId" = $2,
       "completedAt" = now() WHERE "id" = $1`,
    [second?.["id"], first?.["id"]],
  );
  return { id, runId, lane: String(first?.["laneId"]) };
}

/** The first is refused once too often; whoever stood back for it is wanted again. */
async function firstFails(lane: string): Promise<void> {
  await open.sql.query(`UPDATE "Delivery" SET "refusals" = 99 WHERE "state" = 'PENDING'`);
  const create = { service: "graph", method: "POST", path: "/messages$", times: 1 };
  const refusal = { status: 400, body: { error: { code: "ErrorInvalidRequest", message: "" } } };
  await open.control("POST", "/faults", { ...create, effect: refusal });
  await runLane(open.parts, lane, open.signal);
}

const inMailbox = async ({ upn }: Person) => (await open.mail(upn)).length;

test("a copy that is woken after its owner's mapping changed goes where the owner is mapped to now", async () => {
  const { id, runId, lane } = await standingBack();
  await open.put(id, [fredToBob, `${gina.mobile},${carol.upn}`]);
  await open.passThrough();
  await firstFails(lane);
  await open.closed(runId);
  expect([await inMailbox(bob), await inMailbox(carol)]).toEqual([0, 1]);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a copy that stood back before the clock was set back goes where the owner is mapped to now", async () => {
  const { id, runId, lane } = await standingBack();
  await open.sql.query(
    `UPDATE "Delivery" SET "completedAt" = now() + interval '1 hour' WHERE "duplicateOfId" IS NOT NULL`,
  );
  await open.put(id, [fredToBob, `${gina.mobile},${carol.upn}`]);
  await open.passThrough();
  await firstFails(lane);
  await open.closed(runId);
  expect([await inMailbox(bob), await inMailbox(carol)]).toEqual([0, 1]);
});

test("a copy whose owner is mapped as before takes the place it stood back from", async () => {
  const { id, runId, lane } = await standingBack();
  await open.put(id, [fredToBob, `${gina.mobile},${bob.upn}`, `16175550011,${carol.upn}`]);
  await open.passThrough();
  await firstFails(lane);
  await open.closed(runId);
  expect([await inMailbox(bob), await inMailbox(carol)]).toEqual([1, 0]);
  expect(await open.services.versions.overview(open.actor, id)).toMatchObject({ progress: null });
});

test("a copy that went away and came back while its attachments closed is still known for a copy", async () => {
  const [sizeBytes, seed] = [300_000, 1];
  const file = { sizeBytes, name: "a.bin", contentType: "application/octet-stream" };
  const sent = (id: string, owner: Person, attachmentId: string) => {
    const attachments = [{ id: attachmentId, ...file }];
    const body = { networkMessageId: "n1", messageType: "FILE", text: "Hello", attachments };
    return chat({ id, receivedAt, owner, to: [], body });
  };
  const { id, runId } = await open.connected(
    [sent("first", fred, "a0"), sent("second", gina, "a1")],
    [fredToBob, `${gina.mobile},${bob.upn}`],
    { a0: { sizeBytes, seed }, a1: { sizeBytes, seed } },
  );
  const path = "/v1/archive/attachments/a0";
  await open.control("POST", "/faults", {
    ...{ service: "telemessage", path, times: 1, effect: { status: 500 } },
  });
  await open.onlyTransfer();
  await open.put(id, [`${fred.mobile},${carol.upn}`, `${gina.mobile},${bob.upn}`]);
  await open.passThrough();
  await open.later();
  open.poked.lanes.clear();
  await open.onlyTransfer();
  expect(await open.run(runId)).toMatchObject({ isTransferDone: true });
  await open.put(id, [fredToBob, `${gina.mobile},${bob.upn}`]);
  await open.passThrough();
  await open.closed(runId);
  expect([await inMailbox(bob), await inMailbox(carol)]).toEqual([1, 0]);
  expect(await open.duplicates()).toEqual(noDuplicates);
});
