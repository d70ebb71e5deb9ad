import type { SourceItem } from "@/lib/core/item";
import type { ItemParticipant } from "@/lib/core/participant";
import {
  type Resolution,
  type ResolutionRules,
  keysToLookUp,
  resolveParticipants,
} from "@/lib/core/resolution";
import type { MappedEntry, MappingRules, ResolutionStore } from "@/lib/ports/resolution-store";

type Resolvable = Pick<SourceItem, "messageAt"> & {
  readonly participants: readonly ItemParticipant[];
};

export type PageResolution = {
  of(item: Resolvable): Resolution;
  /** What it follows, for whoever asks why. */
  readonly rules: ResolutionRules;
};

/**
 * One look-up for a whole page of items, then pure resolution item by item. Of the ledger's items one may
 * be what nobody can resolve: `of` throws for it, and for no other.
 */
export async function resolvePage(
  { store, tenantId }: { readonly store: ResolutionStore; readonly tenantId: string },
  { mappingFileId, automaticMapping }: MappingRules,
  items: readonly Resolvable[],
): Promise<PageResolution> {
  const keys = keysOf(items);
  const { entries, mailboxes } = await store.lookUp(tenantId, {
    mappingFileId,
    externalIds: mappingFileId === null ? [] : keys.externalIds,
    addresses: automaticMapping ? keys.addresses : [],
  });
  const entriesByExternalId = new Map<string, MappedEntry[]>();
  for (const entry of entries) {
    const list = entriesByExternalId.get(entry.externalId) ?? [];
    list.push(entry);
    entriesByExternalId.set(entry.externalId, list);
  }
  const rules: ResolutionRules = {
    automaticMapping,
    entriesOf: (externalId) => entriesByExternalId.get(externalId) ?? [],
    mailboxOf: (address) => mailboxes.get(address),
  };
  return {
    rules,
    of: ({ participants, messageAt }) =>
      resolveParticipants({ ...rules, participants, at: messageAt }),
  };
}

function keysOf(items: readonly Resolvable[]): ReturnType<typeof keysToLookUp> {
  const ofAll = (some: readonly Resolvable[]) =>
    keysToLookUp(some.flatMap(({ participants }) => participants));
  const isReadable = (item: Resolvable) => {
    try {
      ofAll([item]);
      return true;
    } catch {
      return false;
    }
  };
  try {
    return ofAll(items);
  } catch {
    return ofAll(items.filter(isReadable));
  }
}
