import { property, wordsIn } from "../state/property";
import type { MailPeople, MailPerson } from "./mail-people";

/**
 * The vendor's subjects: `WhatsApp Message From 16174354634 to 12124325249`, in a group
 * `WhatsApp Message from 16174354634 to Sales Group`, and what was deleted with a word in front.
 */
export function mailSubject(body: unknown, people: MailPeople): string {
  const conversation = property(body, "conversation");
  const type = wordsIn(conversation, "type");
  const groupName = wordsIn(conversation, "name").slice(0, 200);
  const { sender, recipients } = people;
  const from = called(sender);
  if (type === "GROUP" || type === "BROADCAST") {
    const unnamed = type === "GROUP" ? "group" : "broadcast group";
    return prefixed(body, `${whatOf(body)} from ${from} to ${groupName || unnamed}`);
  }
  return prefixed(body, `${whatOf(body)} From ${from} to ${called(recipients[0])}`);
}

function called(person: MailPerson | undefined): string {
  return person?.value || person?.name || person?.email || "unknown";
}

/** How the vendor names calls is not documented; this is how it names messages. */
function whatOf(body: unknown): string {
  if (wordsIn(body, "messageType") !== "CALL") return "WhatsApp Message";
  const isVideo = wordsIn(property(body, "call"), "kind") === "VIDEO";
  return isVideo ? "WhatsApp Video Call" : "WhatsApp Voice Call";
}

/** `DELETED – READ – `, or where it says for whom, `DELETED For Me - UNKNOWN `. */
function prefixed(body: unknown, subject: string): string {
  if (wordsIn(body, "messageType") !== "DELETED") return subject;
  const deleted = property(body, "deleted");
  const said = wordsIn(deleted, "readState");
  const readState = said === "READ" || said === "UNREAD" ? said : "UNKNOWN";
  const scope = { FOR_ME: "For Me", FOR_ALL: "For All" }[wordsIn(deleted, "scope")];
  if (scope === undefined) return `DELETED – ${readState} – ${subject}`;
  return `DELETED ${scope} - ${readState} ${subject}`;
}
