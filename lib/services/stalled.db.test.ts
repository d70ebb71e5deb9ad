import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConnectorWorld, createConnectorWorld } from "@/lib/testing/connector-world";

let world: ConnectorWorld;
beforeAll(async () => {
  world = await createConnectorWorld();
});
afterAll(() => world.close());

const beat = () =>
  world.database.query(
    `INSERT INTO "WorkerBeat" VALUES ('w', $1, $1) ON CONFLICT ("id") DO UPDATE SET "beatAt" = $1`,
    [world.clock.now()],
  );

/** What a page's stream asks each second, for the list and for one connector. */
async function shown(): Promise<readonly string[]> {
  const [row] = await world.services.connectors.list(world.actor);
  return [row?.status.import ?? "", (await world.detail()).status.import];
}

test("an open page shows a silent worker as Stalled by time alone, and no longer once one answers", async () => {
  await beat();
  expect(await shown()).toEqual(["In progress", "In progress"]);
  world.clock.advance(60_001);
  expect(await shown()).toEqual(["Stalled", "Stalled"]);
  expect((await world.detail()).status.advice).toContain("Start the worker");
  await beat();
  expect(await shown()).toEqual(["In progress", "In progress"]);
});
