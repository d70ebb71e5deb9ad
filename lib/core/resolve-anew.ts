/** What a changed mapping means for an item of which something still waits (design, "Who gets an item"). */
import type { FailureCode } from "./errors";
import type { ResolvedParticipant } from "./participant";
import type { Resolution, ResolvedMailbox } from "./resolution";
import type { DeliveryState } from "./run";

export type StandingDelivery = {
  readonly id: string;
  /** null: it tells that the owner has no mailbox. */
  readonly mailboxId: string | null;
  readonly state: DeliveryState;
  readonly code: FailureCode | null;
  readonly isDismissed: boolean;
  readonly isUnwanted: boolean;
};

export type StandingItem = {
  /** As they were recorded. */
  readonly participants: readonly ResolvedParticipant[];
  /** By each of the rules that something of it may have been resolved by until now. */
  readonly before: readonly Resolution[];
  /** By the rules in force. */
  readonly now: Resolution;
  readonly deliveries: readonly StandingDelivery[];
};

export type ItemPlan = {
  /** Pending or failed and no longer wanted: they end skipped. */
  readonly skip: readonly string[];
  /** In flight or in doubt and no longer wanted: they end by themselves first. */
  readonly mark: readonly string[];
  readonly unmark: readonly string[];
  /** Were skipped for the mapping and are wanted again. */
  readonly wake: readonly string[];
  /** Told that the owner has no mailbox, and end as copies of what the item has there already. */
  readonly skipAsCopy: readonly { readonly id: string; readonly ofId: string }[];
  /** Told that the owner has no mailbox, and get one. */
  readonly assign: readonly { readonly id: string; readonly to: ResolvedMailbox }[];
  readonly insert: readonly { readonly to: ResolvedMailbox; readonly isCancelled: boolean }[];
  /** The owner is found no more: a new delivery tells so, or the one that told so before. */
  readonly ownerLost: "no" | "insert" | { readonly id: string };
};

export const emptyPlan: ItemPlan = {
  ...{ skip: [], mark: [], unmark: [], wake: [], skipAsCopy: [], assign: [], insert: [] },
  ownerLost: "no",
};

export function planAnew(item: StandingItem): ItemPlan {
  const people = item.participants.map((participant, index) => personOf(item, participant, index));
  const changed = people.filter(({ isChanged }) => isChanged);
  if (changed.length === 0) return emptyPlan;
  const kept = new Set([
    ...people.flatMap((person) => (person.isChanged ? [] : person.everFound)),
    ...people.flatMap(({ now }) => now?.mailbox.id ?? []),
  ]);
  const gone = item.deliveries.filter(
    ({ mailboxId, isDismissed }) =>
      mailboxId !== null &&
      !isDismissed &&
      !kept.has(mailboxId) &&
      changed.some(({ everFound }) => everFound.includes(mailboxId)),
  );
  const inFlight = new Set(gone.filter(({ state }) => state === "importing"));
  const open = changed.filter(
    (person) =>
      isOpen(item.deliveries, person) &&
      // What is in doubt first ends: written it stays, and then nothing is to be resolved anew.
      ![...inFlight].some(({ mailboxId }) => person.everFound.includes(mailboxId ?? "")),
  );
  return {
    ...addressesOf(item.deliveries, open),
    skip: idsOf(gone.filter(({ state }) => state === "pending" || state === "failed")),
    mark: idsOf([...inFlight].filter(({ isUnwanted }) => !isUnwanted)),
    ownerLost: ownerLostOf(item.deliveries, open),
  };
}

/** True when a plan changes nothing. */
export function isEmptyPlan({ ownerLost, ...lists }: ItemPlan): boolean {
  return ownerLost === "no" && Object.values(lists).every((list) => list.length === 0);
}

type Person = {
  readonly isOwner: boolean;
  readonly isChanged: boolean;
  readonly now: ResolvedMailbox | null;
  /** Mailboxes that stood for the person, as recorded and by every rule until now. */
  readonly everFound: readonly string[];
};

function personOf(
  { before, now }: StandingItem,
  recorded: ResolvedParticipant,
  index: number,
): Person {
  const idBy = (resolution: Resolution) => resolution.participants[index]?.mailbox?.id ?? null;
  const idNow = idBy(now);
  const idsBefore = before.map(idBy);
  const found = [recorded.mailbox?.id ?? null, ...idsBefore];
  return {
    isOwner: recorded.roles.includes("owner"),
    isChanged: idsBefore.some((id) => id !== idNow),
    now: now.mailboxes.find(({ mailbox }) => mailbox.id === idNow) ?? null,
    everFound: [...new Set(found.flatMap((id) => id ?? []))],
  };
}

/**
 * Something of the person's waits. Who got the item, whichever mailbox it was, is not asked about again;
 * who had no mailbox has nothing that waits, unless nobody had one.
 */
function isOpen(deliveries: readonly StandingDelivery[], { isOwner, everFound }: Person): boolean {
  const own = deliveries.filter(({ mailboxId }) => everFound.includes(mailboxId ?? ""));
  if (own.some(isWaiting)) return true;
  if (own.some((each) => !wasUnwanted(each))) return false;
  const isUnaddressed = deliveries.every(({ mailboxId }) => mailboxId === null);
  const waits = deliveries.some((each) => each.mailboxId === null && isWaiting(each));
  return own.length > 0 || (waits && (isOwner || isUnaddressed));
}

function isWaiting({ state, isDismissed }: StandingDelivery): boolean {
  return state === "pending" || state === "importing" || (state === "failed" && !isDismissed);
}

function wasUnwanted({ state, code }: StandingDelivery): boolean {
  return state === "skipped" && code === "MappingChanged";
}

type Addresses = Pick<ItemPlan, "unmark" | "wake" | "skipAsCopy" | "assign" | "insert">;

/** Each mailbox that is wanted once, in the order of the participants. */
function addressesOf(deliveries: readonly StandingDelivery[], open: readonly Person[]): Addresses {
  const plan = { unmark: [], wake: [], skipAsCopy: [], assign: [], insert: [] } as {
    -readonly [Key in keyof Addresses]: Addresses[Key][number][];
  };
  const told = deliveries.find((each) => each.mailboxId === null && isWaiting(each));
  const wanted = new Set<string>();
  // The owner first: what told that he has no mailbox becomes his delivery.
  for (const { now, isOwner, everFound } of open.toSorted(ownerFirst)) {
    if (now === null) continue;
    const { id } = now.mailbox;
    const there = deliveries.find(({ mailboxId }) => mailboxId === id);
    if (isOwner && told !== undefined) {
      if (there === undefined) plan.assign.push({ id: told.id, to: now });
      else plan.skipAsCopy.push({ id: told.id, ofId: there.id });
    }
    if (wanted.has(id)) continue;
    wanted.add(id);
    if (there !== undefined) {
      if (wasUnwanted(there)) plan.wake.push(there.id);
      if (there.isUnwanted && there.state === "importing") plan.unmark.push(there.id);
    } else if (!isOwner || told === undefined) {
      plan.insert.push({ to: now, isCancelled: areCancelled(deliveries, everFound) });
    }
  }
  return plan;
}

function ownerFirst(left: Person, right: Person): number {
  return Number(right.isOwner) - Number(left.isOwner);
}

/** Somebody cancelled what waited for the person: so is what takes its place. */
function areCancelled(
  deliveries: readonly StandingDelivery[],
  everFound: readonly string[],
): boolean {
  const own = deliveries.filter(({ mailboxId }) => everFound.includes(mailboxId ?? ""));
  const waiting = own.filter(isWaiting);
  return waiting.length > 0 && waiting.every(({ code }) => code === "Cancelled");
}

function ownerLostOf(
  deliveries: readonly StandingDelivery[],
  open: readonly Person[],
): ItemPlan["ownerLost"] {
  if (!open.some(({ isOwner, now }) => isOwner && now === null)) return "no";
  const told = deliveries.find(({ mailboxId }) => mailboxId === null);
  if (told === undefined) return "insert";
  return told.state === "skipped" ? { id: told.id } : "no";
}

function idsOf(deliveries: readonly StandingDelivery[]): string[] {
  return deliveries.map(({ id }) => id);
}
