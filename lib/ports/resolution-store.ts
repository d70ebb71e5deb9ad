/** The mapping and the directory's mirror, asked once per page of items. */
export type ResolutionStore = {
  /** Lines of one mapping version whose bad ones were left out. */
  mappingEntries(
    tenantId: string,
    mappingFileId: string,
    externalIds: readonly string[],
  ): Promise<readonly MappedEntry[]>;
  /** Members of the directory by any of their addresses (lower case). */
  mailboxesByAddress(
    tenantId: string,
    addresses: readonly string[],
  ): Promise<ReadonlyMap<string, { readonly id: string; readonly address: string }>>;
};

/** What mailboxes are found by: a version of the custom mapping, the items' e-mail property, or both. */
export type MappingRules = {
  readonly mappingFileId: string | null;
  readonly automaticMapping: boolean;
};

export type MappedEntry = {
  readonly externalId: string;
  readonly mailboxAddress: string;
  readonly validFrom: Date | null;
  readonly validTo: Date | null;
};
