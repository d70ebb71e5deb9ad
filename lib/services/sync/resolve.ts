import type { SourceItem } from "@/lib/core/item";
import type { ItemParticipant } from "@/lib/core/participant";
import { type Resolution, keysToLookUp, resolveParticipants } from "@/lib/core/resolution";
import type { MappedEntry, MappingRules } from "@/lib/ports/resolution-store";
import type { SyncParts } from "./parts";

type Resolvable = Pick<SourceItem, "messageAt"> & {
  readonly participants: readonly ItemParticipant[];
};

export type PageResolution = { of(item: Resolvable): Resolution };

/** One set-based look-up for a whole page of items, then pure resolution item by item. */
export async function resolvePage(
  { store, tenantId }: Pick<SyncParts, "store" | "tenantId">,
  { mappingFileId, automaticMapping }: MappingRules,
  items: readonly Resolvable[],
): Promise<PageResolution> {
  const keys = keysToLookUp(items.flatMap(({ participants }) => participants));
  const entries =
    mappingFileId === null || keys.externalIds.length === 0
      ? []
      : await store.mappingEntries(tenantId, mappingFileId, keys.externalIds);
  const entriesByExternalId = new Map<string, MappedEntry[]>();
  for (const entry of entries) {
    const list = entriesByExternalId.get(entry.externalId) ?? [];
    list.push(entry);
    entriesByExternalId.set(entry.externalId, list);
  }
  const addresses = new Set(entries.map(({ mailboxAddress }) => mailboxAddress.toLowerCase()));
  if (automaticMapping) for (const address of keys.addresses) addresses.add(address);
  const mailboxes = await store.mailboxesByAddress(tenantId, [...addresses]);
  return {
    of: ({ participants, messageAt }) =>
      resolveParticipants({
        participants,
        at: messageAt,
        automaticMapping,
        entriesOf: (externalId) => entriesByExternalId.get(externalId) ?? [],
        mailboxOf: (address) => mailboxes.get(address),
      }),
  };
}
