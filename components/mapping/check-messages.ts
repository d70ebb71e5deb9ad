import type { MappingCheck, MappingProblem } from "@/lib/core/mapping";

/** What the worker is told: one file, once. */
export type CheckRequest = { readonly file: File; readonly defaultCountry: string | null };

/** What it tells, in this order but for the digest, which comes when it is there. */
export type CheckMessage =
  | {
      readonly kind: "progress";
      readonly lines: number;
      readonly errors: number;
      readonly warnings: number;
      readonly readBytes: number;
      /** The first of them all, not only the new ones. */
      readonly problems: readonly MappingProblem[];
    }
  | { readonly kind: "digest"; readonly sha256: string }
  | { readonly kind: "done"; readonly check: MappingCheck }
  | { readonly kind: "unreadable" };
