/** Who would be covered by a mapping: registered people and items, counted by how their mailbox is found. */
import { csvLine } from "./csv-export";
import { participantExternalId } from "./external-id";
import type { ItemParticipant, Participant } from "./participant";
import { isInForce, resolveParticipants, type ResolutionRules } from "./resolution";
import type { CoverageCounts, CoverageView, LeftOutView } from "./coverage-view";

export type CoverageTally = {
  /** Somebody TeleMessage archives, as things stand at the instant. */
  readonly person: (person: Participant, rules: ResolutionRules, at: Date) => void;
  readonly item: (item: CoveredItem, rules: ResolutionRules) => void;
  /** A record that could not be read; nobody's. */
  readonly unreadable: () => void;
  readonly items: () => number;
  readonly result: () => Pick<
    CoverageView,
    "people" | "items" | "unreadable" | "reachingOthers" | "leftOut" | "hasMoreLeftOut"
  >;
};

export type CoveredItem = {
  readonly participants: readonly ItemParticipant[];
  readonly messageAt: Date;
};

/** More than these nobody mends by hand. */
const mostLeftOut = 1000;

type Way = keyof CoverageCounts;
type Known = { way: Way; leftOut: LeftOutView | null };

export function coverageTally(): CoverageTally {
  const people = new Map<string, Known>();
  const items: Record<Way, number> = { customMapping: 0, emailProperty: 0, leftOut: 0 };
  let reachingOthers = 0;
  let unreadable = 0;

  /** Somebody who is left out once stands in the list, although other items of theirs are imported. */
  function note(key: string, way: Way, leftOut: () => LeftOutView, byItem: number): void {
    const known = people.get(key);
    if (way !== "leftOut") {
      if (known === undefined) people.set(key, { way, leftOut: null });
      return;
    }
    const told = known?.leftOut ?? leftOut();
    people.set(key, { way, leftOut: { ...told, items: told.items + byItem } });
  }

  function owned(participant: ItemParticipant, rules: ResolutionRules, at: Date): Way {
    const { mailboxes } = resolveParticipants({ ...rules, participants: [participant], at });
    return mailboxes[0]?.via ?? "leftOut";
  }

  return {
    person(person, rules, at) {
      const way = owned({ ...person, roles: ["owner"] }, rules, at);
      note(keyOf(person), way, () => leftOutOf(person, rules, at), 0);
    },
    item({ participants, messageAt }, rules) {
      // A mail does not say whose it is: then several may be, and one who is found is enough.
      const owners = participants.filter(({ roles }) => roles.includes("owner"));
      const wayOf = (each: ItemParticipant) => owned(each, rules, messageAt);
      const owner = owners.find((each) => wayOf(each) !== "leftOut") ?? owners[0];
      const way = owner === undefined ? "leftOut" : wayOf(owner);
      items[way] += 1;
      const all = resolveParticipants({ ...rules, participants, at: messageAt });
      if (way === "leftOut" && all.mailboxes.length > 0) reachingOthers += 1;
      const person = owner ?? nobody;
      note(keyOf(person), way, () => leftOutOf(owner ?? null, rules, messageAt), 1);
    },
    unreadable() {
      unreadable += 1;
    },
    items: () => items.customMapping + items.emailProperty + items.leftOut + unreadable,
    result() {
      const counted: Record<Way, number> = { customMapping: 0, emailProperty: 0, leftOut: 0 };
      const leftOut: LeftOutView[] = [];
      for (const [key, known] of people) {
        if (key !== keyOf(nobody)) counted[known.way] += 1;
        if (known.leftOut !== null) leftOut.push(known.leftOut);
      }
      leftOut.sort((one, other) => other.items - one.items);
      return {
        ...{ people: counted, items: { ...items }, unreadable, reachingOthers },
        leftOut: leftOut.slice(0, mostLeftOut),
        hasMoreLeftOut: leftOut.length > mostLeftOut,
      };
    },
  };
}

const nobody: Participant = {
  type: "OTHER",
  value: "",
  email: null,
  firstName: null,
  lastName: null,
};

function keyOf({ value, email }: Participant): string {
  const externalId = participantExternalId(value);
  return externalId === "" ? `mail ${email?.trim().toLowerCase() ?? ""}` : `id ${externalId}`;
}

function leftOutOf(person: Participant | null, rules: ResolutionRules, at: Date): LeftOutView {
  if (person === null) {
    return { externalId: "", name: "", items: 0, reason: noOwner, csvLine: null };
  }
  const externalId = participantExternalId(person.value);
  const address = person.email?.trim().toLowerCase() ?? "";
  const isMailbox = address !== "" && rules.mailboxOf(address) !== undefined;
  return {
    externalId,
    name: [person.firstName, person.lastName].filter(Boolean).join(" "),
    items: 0,
    reason: reasonFor(externalId, address, isMailbox, rules, at),
    // The mailbox is only proposed where the directory has it; else somebody has to fill it in.
    csvLine: externalId === "" ? null : csvLine([externalId, isMailbox ? address : ""]),
  };
}

const noOwner = "The record does not say whose it is. No mapping can help; ask TeleMessage.";

function reasonFor(
  externalId: string,
  address: string,
  isMailbox: boolean,
  { automaticMapping, entriesOf }: ResolutionRules,
  at: Date,
): string {
  const entries = entriesOf(externalId);
  const inForce = entries.find((entry) => isInForce(entry, at));
  if (inForce !== undefined) {
    return `The mapping file names ${inForce.mailboxAddress}, which is no mailbox of the directory. Correct the line.`;
  }
  const file =
    entries.length > 0
      ? "The line of the mapping file does not hold at that time."
      : "The mapping file has no line for this person.";
  if (!automaticMapping) return `${file} Automatic user mapping is off. Add a line.`;
  if (address === "") return `${file} TeleMessage has no e-mail address. Add a line.`;
  return isMailbox
    ? `${file} Add a line.`
    : `${file} The e-mail address ${address} is no mailbox of the directory. Add a line, or correct the address at TeleMessage.`;
}
