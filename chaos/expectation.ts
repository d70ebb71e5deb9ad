/** What has to stand in the ledger and in mailboxes in the end, worked out from the world alone. */
import { type Cast, type Mailbox, mailboxOf, type MailboxState } from "./people";
import type { RecordTruth } from "./truth";

export type Expected = {
  readonly truth: RecordTruth;
  readonly deliveries: readonly ExpectedDelivery[];
};

export type ExpectedDelivery = {
  /** null: the delivery that tells of an owner without one, or of a record nobody can read. */
  readonly mailbox: Mailbox | null;
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
  isMappedLater: boolean,
): Expected[] {
  return records.map((truth) => ({ truth, deliveries: deliveriesOf(cast, truth, isMappedLater) }));
}

function deliveriesOf(
  cast: Cast,
  { item }: RecordTruth,
  isMappedLater: boolean,
): ExpectedDelivery[] {
  if (item.outcome === "unreadable") {
    return [{ mailbox: null, end: { state: "FAILED", codes: ["SourceDecodeError"] } }];
  }
  const found = new Set<Mailbox>();
  for (const person of item.people) {
    const mailbox = mailboxOf(cast, person, isMappedLater);
    if (mailbox !== null) found.add(mailbox);
  }
  const isOwnerFound = mailboxOf(cast, item.owner, isMappedLater) !== null;
  return [
    ...[...found].map((mailbox) => ({ mailbox, end: endIn(mailbox, item) })),
    ...(isOwnerFound
      ? []
      : [{ mailbox: null, end: { state: "FAILED" as const, codes: ["UserMapping"] } }]),
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
