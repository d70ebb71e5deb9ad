/** What the coverage preview shows; see view.ts for the form. */

/** By the custom mapping, by the e-mail property, or not at all. */
export type CoverageCounts = {
  readonly customMapping: number;
  readonly emailProperty: number;
  readonly leftOut: number;
};

/** Somebody whose items would not be imported, and the line that would mend it. */
export type LeftOutView = {
  readonly externalId: string;
  readonly name: string;
  readonly items: number;
  readonly reason: string;
  /** Of a mapping file; without a mailbox where none is known. Null where no line can help. */
  readonly csvLine: string | null;
};

export type CoverageView = {
  /** Of a delivery by files nobody knows who is registered: people are those its items name. */
  readonly knowsPeople: boolean;
  readonly people: CoverageCounts;
  readonly items: CoverageCounts;
  /** Records that cannot be read; they are in none of the counts. */
  readonly unreadable: number;
  /** Of the items left out of their owner's mailbox those that reach others who took part. */
  readonly reachingOthers: number;
  /** Most items first. */
  readonly leftOut: readonly LeftOutView[];
  readonly hasMoreLeftOut: boolean;
  /** How far back was looked, and whether that was cut off by the number of items. */
  readonly days: number;
  readonly isCut: boolean;
  readonly hasFile: boolean;
  readonly automaticMapping: boolean;
};

/** What a preview tells on its way; the last one is its end. */
export type CoverageStep =
  | {
      readonly kind: "progress";
      readonly people: number;
      readonly items: number;
      /** The day that is read, as it begins. */
      readonly day: string | null;
    }
  | { readonly kind: "done"; readonly result: CoverageView }
  | { readonly kind: "refused"; readonly message: string };
