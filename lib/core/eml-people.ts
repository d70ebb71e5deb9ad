/**
 * The people of a delivered message: header format #1 is `First Last Mobile <email>`, and its siblings
 * leave out one or the other. The e-mail is the *User's Email address* of the mapping.
 */
import type { HeaderPerson } from "./eml-mail";
import { numberIn } from "./eml-subject";
import { isMailAddress } from "./message-people";
import type { ItemParticipant, Participant } from "./participant";
import { participantKey } from "./participant";
import { firstUnits, oneLine, storable } from "./text";

const longestName = 500;
/** A word that ends in digits is an id of another kind, and no number. */
const nameThenNumber = /^(?:(?<name>.*?)[\s,;:<([]+)?(?<number>\+?\d[\d\s().-]{4,30}\d)[\s>)\]]*$/;

/** @returns null for an entry that names nobody */
export function readPerson({ name: rawName, address: rawAddress }: HeaderPerson) {
  const address = cleaned(rawAddress);
  const name = cleaned(rawName);
  const email = isMailAddress(address) ? address : null;
  const groups = nameThenNumber.exec(name)?.groups;
  const number = numberIn(groups?.["number"] ?? "");
  const called = number === null ? name : (groups?.["name"] ?? "").trim();
  const [firstName = "", ...others] = called.split(" ");
  const names = { firstName: firstName || null, lastName: others.join(" ") || null };
  const mobile = number ?? numberIn(address) ?? numberIn(address.split("@")[0] ?? "");
  if (mobile !== null) return { type: "MOBILE", value: mobile, email, ...names } as const;
  if (email !== null) return { type: "LOGIN", value: email, email, ...names } as const;
  const value = address || name;
  return value === "" ? null : ({ type: "OTHER", value, email, ...names } as const);
}

function cleaned(text: string): string {
  return storable(oneLine(firstUnits(text, longestName)));
}

export type MailPeople = {
  readonly sender: Participant | null;
  readonly recipients: readonly Participant[];
  readonly owner: Participant | null;
  readonly participants: readonly ItemParticipant[];
};

/**
 * The headers do not say whose archive a message is from. The vendor knows the e-mail address of the people
 * it archives, so whoever has one may be the owner; where nobody has one, everybody may (decision 27).
 */
export function mailPeople(from: readonly HeaderPerson[], to: readonly HeaderPerson[]): MailPeople {
  const [sender = null, ...beside] = from.flatMap((person) => readPerson(person) ?? []);
  const recipients = new Map<string, Participant>();
  for (const person of [...beside, ...to.flatMap((each) => readPerson(each) ?? [])]) {
    const key = participantKey(person);
    if (!recipients.has(key)) recipients.set(key, person);
  }
  const everybody = sender === null ? [...recipients.values()] : [sender, ...recipients.values()];
  const owners = everybody.filter(({ email }) => email !== null);
  const mayOwn = new Set((owners.length === 0 ? everybody : owners).map(participantKey));
  const participants = new Map<string, ItemParticipant>();
  for (const person of everybody) {
    const key = participantKey(person);
    const known = participants.get(key);
    const role = known === undefined && person === sender ? "sender" : "recipient";
    const own = mayOwn.has(key) ? (["owner"] as const) : [];
    if (known === undefined) participants.set(key, { ...person, roles: [...own, role] });
    else participants.set(key, { ...known, roles: [...known.roles, role] });
  }
  return {
    sender,
    recipients: [...recipients.values()],
    owner: owners[0] ?? everybody[0] ?? null,
    participants: [...participants.values()],
  };
}
