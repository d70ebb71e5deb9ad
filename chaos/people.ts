/** Who lives in a seed's world, and whose mailbox an item of theirs belongs in. */
import type { Chance } from "./random";

export type MailboxState = "ok" | "none" | "full" | "denied";

export type Person = {
  readonly name: string;
  readonly mobile: string;
  /** As the records of the archive give it; null: they have none. */
  readonly email: string | null;
  /** Where the first mapping file sends the number; null: nowhere. */
  readonly mappedTo: string | null;
  /** Where the mapping file sends it that is uploaded in the middle; null: nowhere new. */
  readonly mappedLater: string | null;
  /** Where a changed mapping file sends it instead; null: it stays as it is. */
  readonly mappedAnew: string | null;
  /** Archived people own records; strangers only take part. */
  readonly isArchived: boolean;
  /** Appears in no record but the own ones, so that it does not matter when a mapping comes. */
  readonly isAlone: boolean;
};

export type Mailbox = { readonly upn: string; readonly id: string; readonly state: MailboxState };

export type Cast = {
  readonly people: readonly Person[];
  readonly mailboxes: readonly Mailbox[];
};

/** Which of the mapping's later versions count. */
export type MappingState = { readonly isMappedLater: boolean; readonly isMappedAnew: boolean };

export const domain = "contoso.com";
export const administrator = `admin@${domain}`;
/** Leaves the directory for a while in some worlds; writes to nobody, so that nobody else is concerned. */
export const leaver = `leaver@${domain}`;

export function createCast(chance: Chance, size: number): Cast {
  const bad = chance.pick(["none", "full", "denied"] as const);
  const mailboxes: Mailbox[] = [];
  const people: Person[] = [];
  const settle = (name: string, state: MailboxState) => {
    const upn = `${name}@${domain}`;
    const serial = (mailboxes.length + 1).toString(16).padStart(12, "0");
    mailboxes.push({ upn, id: `a0a0a0a0-0000-4000-8000-${serial}`, state });
    return upn;
  };
  const add = (name: string, more: Partial<Person>) => {
    const mobile = String(16_175_550_000 + people.length);
    const usual = { email: null, mappedTo: null, mappedLater: null, mappedAnew: null };
    people.push({ name, mobile, ...usual, isArchived: true, isAlone: false, ...more });
  };
  const ordinary = Math.max(size - 4, 2);
  for (let index = 0; index < ordinary; index += 1) {
    add(`Ordinary ${index}`, { email: settle(`ordinary${index}`, "ok") });
  }
  add("Mapped", { mappedTo: settle("mapped", "ok") });
  // The mapping wins over the property, and two numbers may share a mailbox.
  add("Moved", { email: settle("moved", "ok"), mappedTo: `ordinary0@${domain}` });
  add("Later", { mappedLater: settle("later", "ok"), isAlone: true });
  const [before, after] = [settle("before", "ok"), settle("after", "ok")];
  add("Changing", { mappedTo: before, mappedAnew: after, isAlone: true });
  add("Leaver", { email: settle("leaver", "ok"), isAlone: true });
  add("Refused", { email: settle("refused", bad) });
  add("Absent", { email: `absent@${domain}` });
  add("Stranger", { isArchived: false });
  return { people, mailboxes };
}

/** The rule as the specification has it: the mapping first, then the record's own property. */
export function mailboxOf(cast: Cast, person: Person, mapping: MappingState): Mailbox | null {
  const known = (upn: string | null) => cast.mailboxes.find((mailbox) => mailbox.upn === upn);
  return known(mappedAddress(person, mapping)) ?? known(person.email) ?? null;
}

/** Lines of the mapping file's contract. */
export function mappingLines(
  cast: Cast,
  mapping: MappingState,
): { readonly mobile: string; readonly upn: string }[] {
  return cast.people.flatMap((person) => {
    const upn = mappedAddress(person, mapping);
    return upn === null ? [] : [{ mobile: person.mobile, upn }];
  });
}

function mappedAddress(
  { mappedTo, mappedLater, mappedAnew }: Person,
  { isMappedLater, isMappedAnew }: MappingState,
): string | null {
  return (isMappedAnew ? mappedAnew : null) ?? (isMappedLater ? mappedLater : null) ?? mappedTo;
}
