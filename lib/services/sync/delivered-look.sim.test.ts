/** Delivered mails of megabytes nobody knows the end of. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { emlWithFiles } from "@/lib/core/eml-builder";
import { createDeliveredWorld, name, person, sentAt } from "@/lib/testing/delivered-world";
import type { DeliveredWorld } from "@/lib/testing/delivered-world";
import { alice, bob } from "@/lib/testing/records";
import { deliveryOf } from "@/lib/testing/zip-files";
import type { SyncParts } from "./parts";

let open: DeliveredWorld;
beforeAll(async () => {
  open = await createDeliveredWorld();
});
afterAll(() => open.close());

const file = {
  head: `Content-Type: video/mp4\r\nContent-Disposition: attachment; filename="v.mp4"`,
  bytes: randomBytes(1_500_000),
};

test("each is looked for in the place of a large mail, since all of it is read for that", async () => {
  const drop = await open.dropped();
  const headers = { From: person(alice), To: person(bob), Date: sentAt };
  drop.put(name(1), await deliveryOf([emlWithFiles([file], headers)]));
  const { runId } = await open.finish();
  let taken = 0;
  const { mailSlots } = drop.parts;
  const counting: SyncParts = {
    ...drop.parts,
    mailSlots: {
      ...mailSlots,
      take(signal) {
        taken += 1;
        return mailSlots.take(signal);
      },
    },
  };
  await open.control("POST", "/faults", {
    ...{ service: "graph", method: "POST", path: "/messages$", times: 2 },
    effect: { loseResponse: true },
  });
  await open.drain([counting]);
  expect(taken).toBe(2);
  const isClosed = async () => {
    await open.later();
    return (await open.run(runId))["closedAt"] !== null;
  };
  await open.drainUntil(isClosed, { workers: [counting] });
  expect(taken).toBe(4);
  expect(await open.run(runId)).toMatchObject({ state: "SUCCEEDED", imported: 2 });
  expect(await open.mail(bob.upn)).toHaveLength(1);
});
