import type { SegmentFacts } from "@/lib/core/retention";
import type { FrameRange } from "./staging";

/** A place in the order in which items were recorded. */
export type RecordedKey = { readonly recordedAt: Date; readonly itemId: string };

export type AgedSegment = SegmentFacts & { readonly blobName: string };

export type SegmentItem = {
  readonly itemId: string;
  readonly frame: FrameRange;
  readonly recordSha256: string;
  readonly isOver: boolean;
};

export type RetentionStore = {
  /** The segments of the next `limit` items that are old enough to be over, in the order of their recording. */
  agedSegments(
    tenantId: string,
    retentionDays: number,
    after: RecordedKey | null,
    limit: number,
  ): Promise<{ readonly segments: readonly AgedSegment[]; readonly next: RecordedKey | null }>;
  segmentItems(
    tenantId: string,
    retentionDays: number,
    blobName: string,
  ): Promise<readonly SegmentItem[]>;
  /**
   * Takes the segment's name from all its items: those in `moves` are pointed to the new blob, the
   * others lose their original and their attachments. Everything that lost its last name is released.
   * @returns null, and nothing is changed, when one of the others is no longer over
   */
  replaceSegment(
    tenantId: string,
    retentionDays: number,
    change: {
      readonly from: string;
      /** null: nothing is left. */
      readonly to: string | null;
      readonly moves: readonly { readonly itemId: string; readonly frame: FrameRange }[];
    },
  ): Promise<{ readonly removed: number } | null>;
  /** Attachments of items that have no original any more, e.g. because their run was cancelled. */
  releaseStrayAttachments(tenantId: string, retentionDays: number): Promise<number>;
};

/** Blobs without a name in a row. */
export type SweepStore = {
  /** Released at least `keptMs` ago, by name. */
  releasedBlobs(
    tenantId: string,
    keptMs: number,
    after: string | null,
    limit: number,
  ): Promise<readonly { readonly blobName: string; readonly isNamed: boolean }[]>;
  /** They are gone, or have a name after all. */
  forgetReleased(tenantId: string, blobNames: readonly string[]): Promise<void>;
  /** Those of the names that are in no row count as released from now on, unless they were already. */
  releaseUnnamed(tenantId: string, blobNames: readonly string[]): Promise<number>;
};
