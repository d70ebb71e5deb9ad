/** I1: every item of the source ends exactly once per mailbox, as it should; the books agree with themselves. */
import type { Expected, ExpectedDelivery } from "../expectation";
import type { Delivery, Item, Observation } from "../observation";
import { type Forgetting, mayBeMissing } from "./gaps";
import { type Violation, violation } from "./violation";

export function checkItems(
  expected: readonly Expected[],
  seen: Observation,
  forgetting: Forgetting = null,
): Violation[] {
  const found: Violation[] = [];
  const itemsOf = grouped(seen.items, ({ recordSha256 }) => recordSha256);
  const deliveriesOf = grouped(seen.deliveries, ({ itemId }) => itemId);
  const known = new Set(expected.map(({ truth }) => truth.sha256));
  const copies = new Map<string, Delivery[]>();
  for (const one of expected) {
    const { sha256, label } = one.truth;
    const items = itemsOf.get(sha256) ?? [];
    const [item] = items;
    if (item === undefined && mayBeMissing(forgetting, seen, one.truth)) continue;
    if (item === undefined || items.length > 1) {
      found.push(violation("I1", `${items.length} items of one record`, { record: label, sha256 }));
    }
    if (item === undefined) continue;
    found.push(...checkDeliveries(one, item, deliveriesOf.get(item.id) ?? [], copies));
  }
  for (const item of seen.items) {
    if (known.has(item.recordSha256)) continue;
    found.push(violation("I1", "an item the source never had", { item: item.id }));
  }
  for (const [place, group] of copies) found.push(...checkCopies(place, group));
  return found;
}

function checkDeliveries(
  { truth, deliveries: wanted }: Expected,
  item: Item,
  deliveries: readonly Delivery[],
  copies: Map<string, Delivery[]>,
): Violation[] {
  const found: Violation[] = [];
  const ids = { record: truth.label, item: item.id };
  if (item.attachmentsOpen !== 0) found.push(violation("I1", "attachments are left open", ids));
  for (const one of wanted) {
    const upn = one.mailbox?.upn ?? "nobody";
    const there = deliveries.filter((delivery) => belongs(one, delivery));
    const [delivery] = there;
    if (delivery === undefined || there.length > 1) {
      found.push(violation("I1", `${there.length} deliveries to ${upn}`, ids));
    }
    if (delivery === undefined) continue;
    const about = { ...ids, delivery: delivery.id, mailbox: upn, state: delivery.state };
    if (one.end.state === "COPY") {
      const place = `${upn} ${one.end.group}`;
      copies.set(place, [...(copies.get(place) ?? []), delivery]);
    } else if (!isAsExpected(one.end, delivery)) {
      const is = { ...about, code: delivery.failureCode };
      found.push(violation("I1", `ended otherwise than ${inWords(one.end)}`, is));
    }
  }
  const mailboxes = new Set(wanted.flatMap((one) => placesOf(one)));
  for (const delivery of deliveries) {
    if (mailboxes.has(delivery.mailboxId)) continue;
    found.push(violation("I1", "delivered to somebody it does not belong to", ids));
  }
  return found;
}

function placesOf({ mailbox, instead }: ExpectedDelivery): (string | null)[] {
  return [mailbox?.id ?? null, ...(instead === null ? [] : [instead.id])];
}

/** What a changed mapping has made obsolete says so, and does not count. */
function belongs(one: ExpectedDelivery, { mailboxId, state, failureCode }: Delivery): boolean {
  if (!placesOf(one).includes(mailboxId)) return false;
  return one.instead === null || state !== "SKIPPED" || failureCode !== "MappingChanged";
}

function isAsExpected(
  end: Exclude<ExpectedDelivery["end"], { state: "COPY" }>,
  { state, failureCode }: Delivery,
): boolean {
  if (end.state !== state) return false;
  return end.state !== "FAILED" || end.codes.includes(failureCode ?? "");
}

function inWords(end: Exclude<ExpectedDelivery["end"], { state: "COPY" }>): string {
  return end.state === "FAILED" ? `failed (${end.codes.join(" or ")})` : end.state.toLowerCase();
}

/** Of several copies of a message in one mailbox one is there, and the others say which. */
function checkCopies(place: string, group: readonly Delivery[]): Violation[] {
  const written = group.filter(
    ({ state }) => state === "IMPORTED" || state === "PARTIALLY_IMPORTED",
  );
  const ids = { place, deliveries: group.map(({ id, state }) => `${id} ${state}`) };
  const [one] = written;
  if (one === undefined) return [violation("I1", "no copy of a message was imported", ids)];
  if (written.length > 1) return [violation("I2", "several copies were imported", ids)];
  return group.flatMap((delivery) => {
    if (delivery === one) return [];
    const isSkipped = delivery.state === "SKIPPED" && delivery.duplicateOfId === one.id;
    return isSkipped ? [] : [violation("I1", "a copy is neither imported nor skipped for it", ids)];
  });
}

export function grouped<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [value]);
    else group.push(value);
  }
  return groups;
}
