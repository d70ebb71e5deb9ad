import { idempotencyKey } from "@/lib/core/keys";
import type { SyncParts } from "./parts";
import { pokeLanes } from "./poke";
import { resolvePage } from "./resolve";

const deliveriesAtATime = 500;

type Rules = { readonly mappingFileId: string | null; readonly automaticMapping: boolean };

/**
 * Asks again for every item whose owner had no mailbox, with the mapping and directory of now. Who is
 * found gets the item; who is not stays in the list. Safe to do at any time and twice.
 * @returns how many deliveries found their mailbox
 */
export async function healUserMapping(
  parts: Pick<SyncParts, "store" | "tenantId" | "queue" | "log">,
  connectorId: string,
  rules: Rules,
): Promise<number> {
  const { store, tenantId, log } = parts;
  let healed = 0;
  for (let after: string | null = null; ;) {
    const waiting = await store.unmappedDeliveries(tenantId, connectorId, after, deliveriesAtATime);
    const last = waiting.at(-1);
    if (last === undefined) break;
    after = last.deliveryId;
    const resolution = await resolvePage(parts, rules, waiting);
    const found = waiting.flatMap((delivery) => {
      const { participants, mailboxes } = resolution.of(delivery);
      const owner = participants.find(({ roles }) => roles.includes("owner"));
      const via = mailboxes.find(({ mailbox }) => mailbox.id === owner?.mailbox?.id);
      return via === undefined ? [] : [{ delivery, ...via }];
    });
    if (found.length === 0) continue;
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
    await store.assignMailboxes(tenantId, assignments);
    healed += assignments.length;
    await pokeLanes(parts, [...laneOf.values()]);
  }
  if (healed > 0) log.info("mapping.healed", { connectorId, deliveries: healed });
  return healed;
}
