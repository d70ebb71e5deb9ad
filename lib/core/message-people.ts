/** How a participant is named and addressed in a message (message-format, "From, To" and "Subject"). */
import type { SourceItem } from "./item";
import { sha256Hex } from "./keys";
import { type Participant, type ResolvedParticipant, participantKey } from "./participant";
import { firstUnits, oneLine, shortened } from "./text";

export type MailPerson = { readonly name: string; readonly address: string };

/** The people of one item in their places, each with what the resolution found. */
export type ItemPeople = {
  /** who it is from: the sender, else the owner */
  readonly author: ResolvedParticipant | null;
  readonly owner: ResolvedParticipant | null;
  /** the recipients in the item's order, then the owner if neither sender nor recipient */
  readonly addressees: readonly ResolvedParticipant[];
  readonly recipients: readonly ResolvedParticipant[];
};

export function peopleOf(
  item: SourceItem,
  participants: readonly ResolvedParticipant[],
): ItemPeople {
  const resolved = new Map(participants.map((person) => [participantKey(person), person]));
  const found = (participant: Participant): ResolvedParticipant =>
    resolved.get(participantKey(participant)) ?? { ...participant, roles: [], mailbox: null };
  const places = new Map<string, ResolvedParticipant>();
  for (const recipient of item.recipients) {
    const key = participantKey(recipient);
    if (!places.has(key)) places.set(key, found(recipient));
  }
  const owner = item.owner === null ? null : found(item.owner);
  const sender = item.sender === null ? null : found(item.sender);
  const recipients = [...places.values()];
  const isOwnerLeftOut =
    owner !== null && !isSame(owner, sender) && !places.has(participantKey(owner));
  const addressees = isOwnerLeftOut ? [...recipients, owner] : recipients;
  return {
    author: sender ?? owner,
    owner,
    recipients,
    addressees: addressees.length === 0 && owner !== null ? [owner] : addressees,
  };
}

export function isSame(one: Participant, other: Participant | null): boolean {
  return other !== null && one.type === other.type && one.value === other.value;
}

const longestExternalId = 40;
const longestName = 200;

/** In a subject: the digits of the number, else the name, else the external id. */
export function shortLabel(participant: Participant): string {
  return digitsOf(participant) || fullName(participant) || idOf(participant) || "unknown";
}

/** In From, To and the body: `First Last 16175550123`. */
export function fullLabel(participant: Participant): string {
  const name = shortened(fullName(participant), longestName);
  const id = digitsOf(participant) || idOf(participant);
  return [name, id].filter((part) => part !== "").join(" ") || "unknown";
}

export function mailPerson(participant: ResolvedParticipant): MailPerson {
  return { name: fullLabel(participant), address: addressOf(participant) };
}

/** The mailbox found or the item's own e-mail property; null where neither is a valid address. */
export function knownAddress(participant: ResolvedParticipant): string | null {
  const { mailbox, email } = participant;
  if (mailbox !== null && isMailAddress(mailbox.address)) return mailbox.address;
  return email !== null && isMailAddress(email) ? email : null;
}

/** Always one that Graph accepts; the last kind can never be mailed to (RFC 2606). */
export function addressOf(participant: ResolvedParticipant): string {
  const known = knownAddress(participant);
  if (known !== null) return known;
  const { value } = participant;
  const local = isLocalPart(value) ? value : `id-${sha256Hex(value).slice(0, 32)}`;
  return `${local}@whatsapp.invalid`;
}

const externalIdAsLocal = /^[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*$/;

/** The characters the contract allows, without the dots RFC 5322 refuses: first, last, or two in a row. */
function isLocalPart(value: string): boolean {
  return value.length <= 64 && externalIdAsLocal.test(value);
}

const dotAtom = /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const domain =
  /^(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** SMTP's plain form only (RFC 5321): Graph refuses a message for one address it cannot read. */
export function isMailAddress(text: string): boolean {
  if (text.length > 254) return false;
  const at = text.lastIndexOf("@");
  return at > 0 && at <= 64 && dotAtom.test(text.slice(0, at)) && domain.test(text.slice(at + 1));
}

export function digitsOf({ type, value }: Participant): string {
  return type === "MOBILE" ? firstUnits(value.replace(/\D+/g, ""), longestExternalId) : "";
}

function fullName({ firstName, lastName }: Participant): string {
  if (firstName === null && lastName === null) return "";
  // Cut before it is cleaned: a hostile name may be as long as a page may be.
  return oneLine(firstUnits([firstName, lastName].filter(Boolean).join(" "), 1000));
}

function idOf({ value }: Participant): string {
  return oneLine(firstUnits(value, longestExternalId));
}
