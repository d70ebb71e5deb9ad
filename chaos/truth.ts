/** What the source has, and what has to become of it: worked out from the world, never with the product's code. */
import { createHash } from "node:crypto";
import type { Person } from "./people";

export type FileTruth = {
  readonly name: string;
  readonly sha256: string;
  /** Unseen: of an item that is not imported at all. */
  readonly fate: "whole" | "gone" | "corrupt" | "tooLarge" | "unseen";
};

/**
 * When the archive gets a record: before everything, late (while the storm is on, into a window nobody
 * has read yet), or restored (at any time, into any window, also one that was read long ago).
 */
export type Arrival = "before" | "late" | "restored";

export type RecordTruth = {
  readonly record: unknown;
  /** What is to be delivered as a mail, where it comes by itself. */
  readonly mail?: Buffer;
  /** Of its canonical JSON: the name by which it is found again in the ledger and in mailboxes. */
  readonly sha256: string;
  /** For the reader of a report. */
  readonly label: string;
  readonly receivedAt: Date;
  readonly comes: Arrival;
  readonly item: ItemTruth;
};

/** The manifest covers what has both, as strings. */
export function isInManifest({ record }: Pick<RecordTruth, "record">): boolean {
  if (typeof record !== "object" || record === null) return false;
  const { id, revision } = record as Readonly<Record<string, unknown>>;
  return typeof id === "string" && typeof revision === "string";
}

export type ItemTruth =
  | { readonly outcome: "unreadable" }
  | {
      readonly outcome: "item";
      readonly owner: Person;
      /** Any of them will do; of a record it is the owner alone. */
      readonly owners?: readonly Person[];
      readonly people: readonly Person[];
      readonly text: string | null;
      readonly files: readonly FileTruth[];
      /** Files the message brings along: a contact, the record of a generic item. */
      readonly extras: readonly string[];
      readonly isTooLarge: boolean;
      /** Records of one message that several owners have. */
      readonly group: string | null;
    };

export function sha256(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}

/** The contract's one spelling: keys sorted by code unit, no white space. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(fields).filter((key) => fields[key] !== undefined);
  return `{${keys
    .sort()
    .map((key) => `${JSON.stringify(key)}:${canonical(fields[key])}`)
    .join(",")}}`;
}
