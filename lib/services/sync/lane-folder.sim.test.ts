/** What becomes of deliveries whose mailbox does not give away its folder. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { alice, bob, chat, hoursAgo, world } from "@/lib/testing/records";
import { createSyncWorld, type SyncWorld } from "@/lib/testing/sync-world";
import { transferRun } from "./transfer";

let open: SyncWorld;
beforeAll(async () => {
  open = await createSyncWorld(world([alice, bob], []));
});
afterAll(() => open.close());
beforeEach(() => open.control("DELETE", "/faults"));

const refusal = (status: number) => ({
  ...{ status, body: { error: { code: "ErrorNobodyForesaw", message: "" } } },
});

/** Two messages of Alice's and one of Bob's; something befalls the requests for her folder. */
async function withoutFolder(method: string, effect: object): Promise<string> {
  const records = [
    chat({ id: "first", receivedAt: hoursAgo(3) }),
    chat({ id: "second", receivedAt: hoursAgo(2) }),
    chat({ id: "neighbour", receivedAt: hoursAgo(2), owner: bob }),
  ];
  await open.reset(world([alice, bob], records));
  const { runId } = await open.finish();
  await transferRun(open.parts, runId, open.signal);
  const [row] = await open.sql.query<{ id: string }>(
    `SELECT "id" FROM "DirectoryMailbox" WHERE "upn" = $1`,
    [alice.upn],
  );
  const path = `/users/${row?.id ?? ""}/mailFolders(\\?|$)`;
  await open.control("POST", "/faults", { service: "graph", method, path, times: 1000, effect });
  return runId;
}

/** What waits comes round again, so often. */
async function rounds(count: number): Promise<void> {
  for (let round = 0; round < count; round += 1) {
    await open.drain();
    await open.later();
  }
}

async function ofAlice() {
  const rows = await open.sql.query<{ state: string; failureCode: string | null }>(
    `SELECT d."state", d."failureCode", d."refusals" FROM "Delivery" d
     JOIN "DirectoryMailbox" m ON m."id" = d."mailboxId" WHERE m."upn" = $1`,
    [alice.upn],
  );
  return rows;
}

test.each([
  ["looked up", "GET", 400],
  ["looked up", "GET", 403],
  ["made", "POST", 400],
  ["made", "POST", 404],
  ["made", "POST", 409],
])(
  "a folder that cannot be %s (%s %i) refuses a delivery, and the fifth refusal ends it and its run",
  async (_name, method, status) => {
    const runId = await withoutFolder(method, refusal(status));
    await rounds(4);
    expect(await ofAlice()).toMatchObject([
      { state: "PENDING", refusals: 4 },
      { state: "PENDING", refusals: 4 },
    ]);
    await rounds(2);
    const failed = { state: "FAILED", failureCode: "ItemRefused" };
    expect(await ofAlice()).toMatchObject([failed, failed]);
    expect(await open.run(runId)).toMatchObject({ state: "PARTIAL", imported: 1, failed: 2 });
  },
);

test.each([
  ["with 503", { status: 503 }],
  ["with 408", { status: 408 }],
  ["not at all", { loseResponse: true }],
])(
  "a folder that is asked for and answered %s is an outage: nobody is refused",
  async (_name, effect) => {
    const runId = await withoutFolder("GET", effect);
    await rounds(6);
    expect(await ofAlice()).toMatchObject([
      { state: "PENDING", refusals: 0 },
      { state: "PENDING", refusals: 0 },
    ]);
    await open.control("DELETE", "/faults");
    await rounds(2);
    expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 3 });
  },
);
