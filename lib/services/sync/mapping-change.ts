/**
 * A mapping was changed: what waits by the rules before is resolved by those in force. In bounded steps,
 * each of which notes how far it came; until the last, lanes write nothing for the connector.
 */
import { idempotencyKey } from "@/lib/core/keys";
import { emptyPlan, isEmptyPlan, planAnew } from "@/lib/core/resolve-anew";
import { noOwner, ownerKeys } from "@/lib/core/resolution";
import type {
  Cursor,
  OpenChange,
  PlannedItem,
  WaitingItem,
} from "@/lib/ports/mapping-change-store";
import type { Duty } from "./duties";
import type { SyncParts } from "./parts";
import { pokeLanes } from "./poke";
import { type PageResolution, resolvePage } from "./resolve";

const deliveriesAtATime = 500;

/** Of a passage, so that one large connector does not keep the others waiting for their first step. */
const stepsPerTurn = 200;

type ChangeParts = Pick<SyncParts, "store" | "tenantId" | "queue" | "log" | "passes">;

export const mappingChangeDuty: Duty<ChangeParts & Pick<SyncParts, "workerId">> = {
  name: "mappingChanges",
  everyMs: 1_000,
  work: workThroughChanges,
};

/**
 * What one connector's change fails of is its own; the others' are worked through first.
 * @throws what the first of them failed of
 */
export async function workThroughChanges(parts: ChangeParts, signal: AbortSignal): Promise<void> {
  const { store, tenantId, log } = parts;
  const failed = new Map<string, unknown>();
  for (let isMore = true; isMore;) {
    isMore = false;
    const changes = await store.openChanges(tenantId);
    for (const change of changes.filter(({ connectorId }) => !failed.has(connectorId))) {
      try {
        if (change.isDeleted || change.isPassed) await endChange(parts, change, signal);
        else isMore = (await pass(parts, change, signal)) || isMore;
      } catch (thrown) {
        signal.throwIfAborted();
        log.error("mapping.resolve-failed", { connectorId: change.connectorId }, thrown);
        failed.set(change.connectorId, thrown);
        // What the others would meet as well meets us here.
        isMore = true;
        break;
      }
    }
  }
  for (const thrown of failed.values()) throw thrown;
}

/** @returns true when there is more to do at once */
async function pass(parts: ChangeParts, change: OpenChange, signal: AbortSignal): Promise<boolean> {
  const { store, tenantId, log } = parts;
  const { connectorId } = change;
  await store.beginPassage(tenantId, change);
  let after = change.cursor;
  for (let step = 0; step < stepsPerTurn; step += 1) {
    signal.throwIfAborted();
    const found = await store.waitingItems(tenantId, change, after, deliveriesAtATime);
    if (found === null) {
      if (!(await store.endPassage(tenantId, change))) return true;
      log.info("mapping.passed", { connectorId });
      await pokeLanes(parts, await store.lanesOfConnector(tenantId, connectorId));
      await endChange(parts, { ...change, isPassed: true }, signal);
      return false;
    }
    const progress = { cursor: found.next, looked: found.looked };
    const outcome = await settle(parts, change, found.items, progress);
    if (outcome === "moved") return true;
    // What moved on meanwhile is looked at again, as it stands now.
    if (outcome === "done") after = found.next;
    parts.passes("mapping.step");
  }
  return true;
}

/** What was in doubt is resolved anew as it ends; the change is over with the last of it. */
async function endChange(
  parts: ChangeParts,
  change: OpenChange,
  signal: AbortSignal,
): Promise<void> {
  const { store, tenantId } = parts;
  const { connectorId } = change;
  let isSettled = false;
  for (;;) {
    signal.throwIfAborted();
    const ended = await store.endedUnwanted(tenantId, connectorId, deliveriesAtATime);
    if (ended.length === 0) break;
    if ((await settle(parts, change, ended, null)) === "moved") return;
    isSettled = true;
  }
  await store.endChange(tenantId, change);
  if (isSettled) await pokeLanes(parts, await store.lanesOfConnector(tenantId, connectorId));
}

/** @param progress of the passage; null for what has ended since */
async function settle(
  parts: ChangeParts,
  change: OpenChange,
  items: readonly WaitingItem[],
  progress: { readonly cursor: Cursor; readonly looked: number } | null,
): Promise<"done" | "moved" | "raced"> {
  const { store, tenantId } = parts;
  const plans = await planAll(parts, change, items);
  const planned = progress === null ? plans : plans.filter(({ plan }) => !isEmptyPlan(plan));
  const mailboxIds = planned.flatMap(({ plan: { assign, insert } }) =>
    [...assign, ...insert].map(({ to }) => to.mailbox.id),
  );
  const laneOf = await store.laneIds(tenantId, [...new Set(mailboxIds)]);
  return store.carryOut(tenantId, change, planned, laneOf, progress);
}

/** A few look-ups for all items together, by each of the rules; then pure planning item by item. */
async function planAll(
  parts: ChangeParts,
  { now, before, isDeleted }: OpenChange,
  items: readonly WaitingItem[],
): Promise<PlannedItem[]> {
  const { log } = parts;
  const byNow = await resolvePage(parts, now, items);
  const byRules: PageResolution[] = [];
  // Nobody imports for a connector that was deleted: there everything stays as it is.
  for (const rules of isDeleted ? [] : before) byRules.push(await resolvePage(parts, rules, items));
  return items.map((item) => {
    const { itemId, participants, deliveries, sourceAccountId, sourceItemId, revision } = item;
    const keyOf = (mailboxId: string) =>
      idempotencyKey(sourceAccountId, sourceItemId, revision, mailboxId);
    try {
      const resolutions = byRules.map((resolution) => resolution.of(item));
      const plan = planAnew({ participants, before: resolutions, now: byNow.of(item), deliveries });
      return { item, plan, owner: ownerKeys(participants), isResolved: true, keyOf };
    } catch (thrown) {
      log.error("item.unexpected", { itemId }, thrown);
      return { item, plan: emptyPlan, owner: noOwner, isResolved: false, keyOf };
    }
  });
}
