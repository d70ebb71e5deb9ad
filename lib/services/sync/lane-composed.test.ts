import { expect, test } from "vitest";
import { messageOf, itemOf } from "@/lib/core/item-builder";
import type { PlannedMessage } from "@/lib/core/message";
import type { LaneDelivery } from "@/lib/ports/lane-store";
import { createComposed } from "./lane-composed";

/** A delivery of which only what a message is composed from is there. */
function deliveryOf(itemId: string, sizeLimitBytes = 1000, connectorId = "one"): LaneDelivery {
  const item = { recordSha256: "a", recordedBy: { connectorId, messageDomain: "contoso.com" } };
  const delivery = { itemId, item, connector: { sizeLimitBytes }, attachments: [], writes: 0 };
  return delivery as unknown as LaneDelivery;
}

function plannedWith(text = "Hello"): PlannedMessage {
  return { outcome: "message", message: messageOf(itemOf({ text })), leftOut: [] };
}

test("the next copy of an item is the message that was composed for the first", () => {
  const composed = createComposed(2);
  const planned = plannedWith();
  composed.set(deliveryOf("item"), planned);
  expect(composed.get(deliveryOf("item"))).toBe(planned);
});

test.each([
  ["another item", deliveryOf("other")],
  ["a raised limit", deliveryOf("item", 2000)],
  ["one that was written before", { ...deliveryOf("item"), writes: 1 }],
  ["an item that another connector took over", deliveryOf("item", 1000, "two")],
])("the message of %s is composed", (_name, delivery) => {
  const composed = createComposed(2);
  composed.set(deliveryOf("item"), plannedWith());
  expect(composed.get(delivery)).toBeUndefined();
});

test("the oldest makes room", () => {
  const composed = createComposed(2);
  for (const itemId of ["1", "2", "3"]) composed.set(deliveryOf(itemId), plannedWith());
  expect(composed.get(deliveryOf("1"))).toBeUndefined();
  expect(composed.get(deliveryOf("2"))).toBeDefined();
});

test("what is long is not kept", () => {
  const composed = createComposed(2);
  composed.set(deliveryOf("item"), plannedWith("long ".repeat(2000)));
  expect(composed.get(deliveryOf("item"))).toBeUndefined();
});

test("what lacks a file is not kept: the next copy may have it", () => {
  const composed = createComposed(2);
  const leftOut = [{ index: 0, code: "AttachmentUnavailable" as const }];
  composed.set(deliveryOf("item"), { ...plannedWith(), leftOut });
  expect(composed.get(deliveryOf("item"))).toBeUndefined();
});
