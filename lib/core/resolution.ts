/** Whose mailbox an item belongs in (design, "Who gets an item"; mapping file contract). */
import { maxExternalIdLength, participantExternalId } from "./external-id";
import type { MappingEntry } from "./mapping-entry";
import type { ItemParticipant, Participant, ResolvedParticipant } from "./participant";

/** A mailbox of the directory; `address` is what stands in From and To. */
export type DirectoryMailbox = { readonly id: string; readonly address: string };

/** What the resolution needs of a mapping entry. */
export type EntryInForce = Pick<MappingEntry, "mailboxAddress" | "validFrom" | "validTo">;

export type ResolutionRules = {
  readonly automaticMapping: boolean;
  readonly entriesOf: (externalId: string) => readonly EntryInForce[];
  readonly mailboxOf: (addressLowerCase: string) => DirectoryMailbox | undefined;
};

export type ResolutionInput = ResolutionRules & {
  readonly participants: readonly ItemParticipant[];
  /** The item's Date; validity is compared with it. */
  readonly at: Date;
};

export type ResolvedMailbox = {
  readonly mailbox: DirectoryMailbox;
  readonly via: "customMapping" | "emailProperty";
};

export type Resolution = {
  readonly participants: readonly ResolvedParticipant[];
  /** Each mailbox once, whichever way led there, in the order of the participants. */
  readonly mailboxes: readonly ResolvedMailbox[];
  readonly isOwnerFound: boolean;
  /** The owner is missing or has no mailbox, or nobody was found: one failed delivery tells so. */
  readonly needsUserMapping: boolean;
  readonly warnings: readonly string[];
};

export function resolveParticipants(input: ResolutionInput): Resolution {
  const mailboxes = new Map<string, ResolvedMailbox>();
  const warnings: string[] = [];
  const participants = input.participants.map((participant): ResolvedParticipant => {
    const found = findMailbox(participant, input, warnings);
    if (found !== null && !mailboxes.has(found.mailbox.id)) mailboxes.set(found.mailbox.id, found);
    const mailbox =
      found === null ? null : { id: found.mailbox.id, address: found.mailbox.address };
    return { ...participant, mailbox };
  });
  const isOwnerFound = participants.some(
    ({ roles, mailbox }) => roles.includes("owner") && mailbox !== null,
  );
  return {
    participants,
    mailboxes: [...mailboxes.values()],
    isOwnerFound,
    needsUserMapping: !isOwnerFound,
    warnings,
  };
}

/** Everything that is looked up for these participants, each once: one set-based query a page. */
export function keysToLookUp(participants: Iterable<Participant>): {
  readonly externalIds: string[];
  readonly addresses: string[];
} {
  const externalIds = new Set<string>();
  const addresses = new Set<string>();
  for (const participant of participants) {
    const externalId = participantExternalId(participant.value);
    if (externalId !== "") externalIds.add(externalId);
    const address = addressOf(participant);
    if (address !== null) addresses.add(address);
  }
  return { externalIds: [...externalIds], addresses: [...addresses] };
}

export type OwnerKeys = { readonly externalId: string | null; readonly address: string | null };

export const noOwner: OwnerKeys = { externalId: null, address: null };

const maxAddressLength = 320;

/**
 * What has to be learned before an item without a mailbox finds one: how its owner is named. A longer
 * name stands in no mapping and no directory, and would not fit into an index of the database.
 */
export function ownerKeys(participants: readonly ItemParticipant[]): OwnerKeys {
  const owner = participants.find(({ roles }) => roles.includes("owner"));
  if (owner === undefined) return noOwner;
  const { externalIds, addresses } = keysToLookUp([owner]);
  return {
    externalId: externalIds.find(({ length }) => length <= maxExternalIdLength) ?? null,
    address: addresses.find(({ length }) => length <= maxAddressLength) ?? null,
  };
}

/** True while an entry holds; its `validTo` is the first instant it no longer does. */
export function isInForce({ validFrom, validTo }: EntryInForce, at: Date): boolean {
  return (validFrom === null || validFrom <= at) && (validTo === null || at < validTo);
}

/** The custom mapping is asked first; the item's e-mail property comes after it, if it may. */
function findMailbox(
  participant: Participant,
  { at, automaticMapping, entriesOf, mailboxOf }: ResolutionInput,
  warnings: string[],
): ResolvedMailbox | null {
  const externalId = participantExternalId(participant.value);
  const entry =
    externalId === ""
      ? undefined
      : entriesOf(externalId).find((candidate) => isInForce(candidate, at));
  const mapped = entry === undefined ? undefined : mailboxOf(entry.mailboxAddress.toLowerCase());
  if (mapped !== undefined) return { mailbox: mapped, via: "customMapping" };
  const address = automaticMapping ? addressOf(participant) : null;
  const named = address === null ? undefined : mailboxOf(address);
  if (entry !== undefined) {
    warnings.push(unknownMailbox(externalId, entry.mailboxAddress, named !== undefined));
  }
  return named === undefined ? null : { mailbox: named, via: "emailProperty" };
}

function addressOf({ email }: Participant): string | null {
  const address = email?.trim().toLowerCase() ?? "";
  return address === "" ? null : address;
}

function unknownMailbox(externalId: string, address: string, isFallbackFound: boolean): string {
  const then = isFallbackFound
    ? "The person's e-mail property was used instead."
    : "No other mailbox was found for the person.";
  return `The mapping file names ${address} for ${externalId}, which is no mailbox of the directory. ${then}`;
}
