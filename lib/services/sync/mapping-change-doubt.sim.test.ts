/** What was in doubt when its mapping changed: nobody knew whether it had been written. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createMappingWorld, type MappingWorld } from "@/lib/testing/mapping-world";
import { fred, receivedAt } from "@/lib/testing/mapping-world";
import { alice, bob, carol, chat } from "@/lib/testing/records";
import { noDuplicates } from "@/lib/testing/sync-world";

let open: MappingWorld;
beforeAll(async () => {
  open = await createMappingWorld();
});
afterAll(() => open.close());

test.each([
  ["written it stays, and the new mailbox gets no second one", { loseResponse: true }, [1, 0]],
  ["never written it ends there, and goes to the new mailbox", { status: 503 }, [0, 1]],
] as const)("what is in doubt first ends: %s", async (_name, effect, [ofBob, ofCarol]) => {
  const { id, runId } = await open.connected(
    [chat({ id: "m1", receivedAt, owner: fred })],
    [`${fred.mobile},${bob.upn}`],
  );
  await open.onlyTransfer();
  await open.laneMeets(effect);
  expect(await open.shown()).toMatchObject([{ state: "IMPORTING" }]);
  await open.put(id, [`${fred.mobile},${carol.upn}`]);
  await open.passThrough();
  expect(await open.shown()).toMatchObject([{ to: bob.upn, state: "IMPORTING" }]);
  await open.closed(runId);
  expect(await open.mail(bob.upn)).toHaveLength(ofBob);
  expect(await open.mail(carol.upn)).toHaveLength(ofCarol);
  expect(await open.duplicates()).toEqual(noDuplicates);
  expect(await open.services.versions.overview(open.actor, id)).toMatchObject({ progress: null });
});

describe("what was in doubt when its mapping changed, and whose connector was then deleted,", () => {
  const toBob = [`${alice.mobile},${bob.upn}`];

  /** In doubt at Bob's, and wanted by Carol. */
  async function inDoubt() {
    const { id, runId } = await open.connected(
      [chat({ id: "m1", receivedAt, owner: alice })],
      toBob,
    );
    await open.onlyTransfer();
    await open.laneMeets({ status: 503 });
    await open.put(id, [`${alice.mobile},${carol.upn}`]);
    await open.passThrough();
    expect(await open.shown()).toMatchObject([{ to: bob.upn, state: "IMPORTING" }]);
    return runId;
  }

  const remove = () =>
    open.sql.query(
      `UPDATE "Connector" SET "state" = 'DELETED', "credentialId" = NULL, "deletedAt" = now()`,
    );

  async function ended(): Promise<void> {
    await open.drainUntil(async () => {
      await open.later();
      return (await open.shown()).every(({ state }) => state !== "IMPORTING");
    });
  }

  test.each([
    ["by its e-mail", [], alice],
    ["also to the mailbox that was not wanted any more", toBob, bob],
  ])("is imported by the next connector, %s", async (_name, lines, { upn }) => {
    await inDoubt();
    await remove();
    await ended();
    await open.passThrough();
    const next = await open.finish();
    if (lines.length > 0) await open.put(next.id, lines);
    await open.closed(next.runId);
    expect(await open.mail(upn)).toHaveLength(1);
    expect(await open.duplicates()).toEqual(noDuplicates);
  });

  test("is imported by the next connector where it had ended before", async () => {
    await inDoubt();
    await ended();
    await remove();
    await open.passThrough();
    expect(await open.shown()).toMatchObject([{ to: bob.upn, state: "FAILED", code: "Cancelled" }]);
    const next = await open.finish();
    await open.closed(next.runId);
    expect(await open.mail(alice.upn)).toHaveLength(1);
  });

  test("is imported by the next connector that meets it before anybody said it is undone", async () => {
    await inDoubt();
    await ended();
    await remove();
    const next = await open.finish();
    await open.closed(next.runId);
    expect(await open.mail(alice.upn)).toHaveLength(1);
  });
});
