/** Copies of one message in one mailbox when the mapping changes: who stood back for another may be woken. */
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Actor } from "@/lib/core/access";
import type { PortalServices } from "@/lib/services/portal";
import { fakeActor } from "@/lib/testing/fakes";
import { putMapping } from "@/lib/testing/put-mapping";
import { alice, bob, carol, chat, hoursAgo, type Person, world } from "@/lib/testing/records";
import { createSyncWorld, noDuplicates, type SyncWorld } from "@/lib/testing/sync-world";
import { openPortal } from "@/lib/wiring";
import { runLane } from "./lane";
import { workThroughChanges } from "./mapping-change";
import { transferRun } from "./transfer";

let open: SyncWorld;
let services: PortalServices;
let actor: Actor;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob, carol], []));
  services = openPortal(open.config, open.outside);
});
afterAll(() => open.close());

const receivedAt = hoursAgo(2);
/** Whom nothing but a mapping leads to a mailbox. */
const fred: Person = { mobile: "16175550088", upn: "", name: "Fred" };
const gina: Person = { mobile: "16175550099", upn: "", name: "Gina" };
const fredToBob = `${fred.mobile},${bob.upn}`;

const put = (id: string, lines: readonly string[]) => putMapping(services, actor, id, lines);

/** One message as Fred's and Gina's phones archived it, both in Bob's mailbox: the second stood back for the first. */
async function standingBack() {
  const body = { networkMessageId: "n1", text: "Hello" };
  const records = [
    chat({ id: "first", receivedAt, owner: fred, to: [], body }),
    chat({ id: "second", receivedAt, owner: gina, to: [], body }),
  ];
  await open.reset(world([alice, bob, carol], records));
  actor = fakeActor(open.parts.tenantId);
  await services.session.signedIn(actor);
  await open.parts.refreshDirectory(open.signal);
  const { id, runId } = await open.finish();
  await put(id, [fredToBob, `${gina.mobile},${bob.upn}`]);
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

async function finished(runId: string): Promise<void> {
  await open.drainUntil(async () => {
    await open.later();
    await workThroughChanges(open.parts, open.signal);
    return (await open.run(runId))["closedAt"] !== null;
  });
}

const inMailbox = async ({ upn }: Person) => (await open.mail(upn)).length;

test("a copy that is woken after its owner's mapping changed goes where the owner is mapped to now", async () => {
  const { id, runId, lane } = await standingBack();
  await put(id, [fredToBob, `${gina.mobile},${carol.upn}`]);
  await workThroughChanges(open.parts, open.signal);
  await firstFails(lane);
  await finished(runId);
  expect([await inMailbox(bob), await inMailbox(carol)]).toEqual([0, 1]);
  expect(await open.duplicates()).toEqual(noDuplicates);
});

test("a copy whose owner is mapped as before takes the place it stood back from", async () => {
  const { id, runId, lane } = await standingBack();
  await put(id, [fredToBob, `${gina.mobile},${bob.upn}`, `16175550011,${carol.upn}`]);
  await workThroughChanges(open.parts, open.signal);
  await firstFails(lane);
  await finished(runId);
  expect([await inMailbox(bob), await inMailbox(carol)]).toEqual([1, 0]);
  expect(await services.versions.overview(actor, id)).toMatchObject({ progress: null });
});
