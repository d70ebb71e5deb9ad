/** What has to stand in the ledger and in mailboxes in the end, worked out from the world alone. */
import { type Cast, type Mailbox, mailboxOf, type MailboxState } from "./people";
import type { MappingState, Person } from "./people";
import type { RecordTruth } from "./truth";

export type Expected = {
  readonly truth: RecordTruth;
  readonly deliveries: readonly ExpectedDelivery[];
};

export type ExpectedDelivery = {
  /** null: the delivery that tells of an owner without one, or of a record nobody can read. */
  readonly mailbox: Mailbox | null;
  /** Where it ends instead when a changed mapping came before it was written. */
  readonly instead: Mailbox | null;
  readonly end: End;
};

export type End =
  | { readonly state: "IMPORTED" | "PARTIALLY_IMPORTED" }
  | { readonly state: "FAILED"; readonly codes: readonly string[] }
  /** One of the copies of a message is imported, the others are skipped and name it. */
  | { readonly state: "COPY"; readonly group: string };

const refusals: Readonly<Record<Exclude<MailboxState, "ok">, string>> = {
  none: "MailboxNotFound",
  full: "MailboxFull",
  denied: "MailboxOutOfScope",
};

export function expectationOf(
  cast: Cast,
  records: readonly RecordTruth[],
  mapping: MappingState,
): Expected[] {
  return records.map((truth) => ({ truth, deliveries: deliveriesOf(cast, truth, mapping) }));
}

function deliveriesOf(
  cast: Cast,
  { item }: RecordTruth,
  mapping: MappingState,
): ExpectedDelivery[] {
  const nobody = (code: string) => {
    const end = { state: "FAILED" as const, codes: [code] };
    return { mailbox: null, instead: null, end };
  };
  if (item.outcome === "unreadable") return [nobody("SourceDecodeError")];
  const before = { ...mapping, isMappedAnew: false };
  const isFound = (person: Person) => mailboxOf(cast, person, before) !== null;
  const found = new Map<Mailbox, Mailbox | null>();
  for (const person of item.people) {
    const mailbox = mailboxOf(cast, person, before);
    const now = mailboxOf(cast, person, mapping);
    if (mailbox !== null) found.set(mailbox, now === mailbox ? null : now);
  }
  return [
    ...[...found].map(([mailbox, instead]) => ({ mailbox, instead, end: endIn(mailbox, item) })),
    ...((item.owners ?? [item.owner]).some(isFound) ? [] : [nobody("UserMapping")]),
  ];
}

function endIn(
  { state }: Mailbox,
  { isTooLarge, files, group }: Extract<RecordTruth["item"], { outcome: "item" }>,
): End {
  const tooLarge = isTooLarge ? ["ItemSizeExceeded"] : [];
  if (state !== "ok") return { state: "FAILED", codes: [refusals[state], ...tooLarge] };
  if (isTooLarge) return { state: "FAILED", codes: tooLarge };
  if (group !== null) return { state: "COPY", group };
  const isWhole = files.every(({ fate }) => fate === "whole");
  return { state: isWhole ? "IMPORTED" : "PARTIALLY_IMPORTED" };
}
