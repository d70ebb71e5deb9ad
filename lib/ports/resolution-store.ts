/** The mapping and the directory's mirror, asked once per page of items. */
export type ResolutionStore = {
  /**
   * Everything a page of items needs, in one statement: the lines of a mapping version whose bad ones
   * were left out, and members of the directory by any of their addresses (lower case), those that the
   * lines name among them.
   */
  lookUp(
    tenantId: string,
    wanted: {
      readonly mappingFileId: string | null;
      readonly externalIds: readonly string[];
      readonly addresses: readonly string[];
    },
  ): Promise<{
    readonly entries: readonly MappedEntry[];
    readonly mailboxes: ReadonlyMap<string, { readonly id: string; readonly address: string }>;
  }>;
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
