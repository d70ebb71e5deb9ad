/** Items that wait for a mailbox get theirs once the mapping or the directory knows it. */
import { idempotencyKey } from "@/lib/core/keys";
import type { Resolution, ResolvedMailbox } from "@/lib/core/resolution";
import type { UnmappedDelivery } from "@/lib/ports/heal-store";
import type { MappingRules } from "@/lib/ports/resolution-store";
import type { SyncParts } from "./parts";
import { pokeLanes } from "./poke";
import { resolvePage } from "./resolve";

const deliveriesAtATime = 500;

/** Ids only: a hundred thousand of them are four megabytes. */
const mostWaiting = 100_000;

type HealParts = Pick<SyncParts, "store" | "tenantId" | "queue" | "log">;

/**
 * Asks again for every item whose owner had no mailbox, with the mapping and directory of now. Who is
 * found gets the item; who is not stays in the list. Safe to do at any time and twice.
 * @returns how many deliveries found their mailbox
 */
export async function healUserMapping(
  parts: HealParts,
  connectorId: string,
  rules: MappingRules,
): Promise<number> {
  const { store, tenantId, log } = parts;
  let healed = 0;
  for (let after: string | null = null; ;) {
    const waiting = await store.unmappedDeliveries(tenantId, connectorId, after, deliveriesAtATime);
    const last = waiting.at(-1);
    if (last === undefined) break;
    after = last.deliveryId;
    healed += await assignFound(parts, connectorId, rules, waiting);
  }
  if (healed > 0) log.info("mapping.healed", { connectorId, deliveries: healed });
  return healed;
}

/**
 * The same for those alone whom the directory's newest addresses concern: nobody else is asked about,
 * however many wait. What a process that died had not finished is offered again.
 */
export async function healLearned(parts: HealParts, signal: AbortSignal): Promise<number> {
  const { store, tenantId, log } = parts;
  const { since, until } = await store.learnedSpan(tenantId);
  const rulesOf = new Map<string, MappingRules>();
  for (const { connectorId, ...rules } of await store.liveConnectors(tenantId)) {
    rulesOf.set(connectorId, rules);
  }
  let healed = 0;
  for (let after: string | null = null; ;) {
    const waiting = await store.waitingForLearned(tenantId, since, after, mostWaiting);
    after = waiting.at(-1)?.deliveryId ?? null;
    for (const [connectorId, rules] of rulesOf) {
      const ids = waiting.flatMap((each) =>
        each.connectorId === connectorId ? [each.deliveryId] : [],
      );
      for (let at = 0; at < ids.length; at += deliveriesAtATime) {
        signal.throwIfAborted();
        const some = ids.slice(at, at + deliveriesAtATime);
        const unmapped = await store.unmappedAmong(tenantId, some);
        healed += await assignFound(parts, connectorId, rules, unmapped);
      }
    }
    if (waiting.length < mostWaiting) break;
  }
  await store.noteHealed(tenantId, until);
  if (healed > 0) log.info("directory.healed", { deliveries: healed });
  return healed;
}

async function assignFound(
  parts: HealParts,
  connectorId: string,
  rules: MappingRules,
  waiting: readonly UnmappedDelivery[],
): Promise<number> {
  const { store, tenantId, log } = parts;
  if (waiting.length === 0) return 0;
  const resolution = await resolvePage(parts, rules, waiting);
  const found = waiting.flatMap((delivery) => {
    try {
      const via = ownersMailbox(resolution.of(delivery));
      return via === undefined ? [] : [{ delivery, ...via }];
    } catch (thrown) {
      // It would come again for ever, and keep everybody else from a mailbox.
      log.error("item.unexpected", { itemId: delivery.itemId }, thrown);
      return [];
    }
  });
  if (found.length === 0) return 0;
  const laneOf = await store.laneIds(tenantId, [
    ...new Set(found.map(({ mailbox }) => mailbox.id)),
  ]);
  const assignments = found.flatMap(({ delivery, mailbox, via }) => {
    const { deliveryId, runId, sourceAccountId, sourceItemId, revision } = delivery;
    const laneId = laneOf.get(mailbox.id);
    if (laneId === undefined) return [];
    const key = idempotencyKey(sourceAccountId, sourceItemId, revision, mailbox.id);
    return [{ deliveryId, runId, laneId, mailbox, via, idempotencyKey: key }];
  });
  const assigned = await store.assignMailboxes(tenantId, connectorId, rules, assignments);
  await pokeLanes(parts, [...laneOf.values()]);
  return assigned;
}

/** Of a mail several may be the owner; one who is found is enough. */
function ownersMailbox({ participants, mailboxes }: Resolution): ResolvedMailbox | undefined {
  const owner = participants.find(({ roles, mailbox }) => roles.includes("owner") && mailbox);
  return mailboxes.find(({ mailbox }) => mailbox.id === owner?.mailbox?.id);
}
