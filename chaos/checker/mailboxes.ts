/** I2 and I3: what the books call imported lies in its mailbox, once and whole, and nothing else does. */
import type { Expected } from "../expectation";
import type { Message, Observation } from "../observation";
import { sha256 } from "../truth";
import { grouped } from "./items";
import { type Violation, violation } from "./violation";

const folder = "WhatsApp Archiver";

/** @param sharesIds of mails: one sender gives two of them the same Message-ID */
export function checkMailboxes(
  expected: readonly Expected[],
  seen: Observation,
  { sharesIds } = { sharesIds: false },
): Violation[] {
  const found: Violation[] = [];
  const truthOf = new Map(expected.map((one) => [one.truth.sha256, one]));
  const itemOf = new Map(seen.items.map((item) => [item.id, item]));
  const messagesOf = grouped(seen.messages, placeOf);
  const accounted = new Set<Message>();
  for (const delivery of seen.deliveries) {
    const isIn = delivery.state === "IMPORTED" || delivery.state === "PARTIALLY_IMPORTED";
    const place = `${delivery.mailboxId ?? ""} ${delivery.idempotencyKey}`;
    const messages = messagesOf.get(place) ?? [];
    for (const message of messages) accounted.add(message);
    const ids = { delivery: delivery.id, item: delivery.itemId, mailbox: delivery.mailboxId };
    if (messages.length > 1) found.push(violation("I2", `${messages.length} copies`, ids));
    if (isIn && messages.length === 0) found.push(violation("I1", "imported, yet not there", ids));
    if (!isIn && messages.length > 0) {
      found.push(violation("I1", `there, though the books say ${delivery.state}`, ids));
    }
    const one = truthOf.get(itemOf.get(delivery.itemId)?.recordSha256 ?? "");
    const [message] = messages;
    if (isIn && one !== undefined && message !== undefined) {
      found.push(...checkContent(one, message));
    }
  }
  for (const message of seen.messages) {
    if (accounted.has(message)) continue;
    found.push(violation("I2", "a message nobody accounts for", { message: message.id }));
  }
  found.push(...checkUnique(seen, sharesIds));
  return found;
}

function placeOf({ mailboxId, idempotencyKey }: Message): string {
  return `${mailboxId} ${idempotencyKey ?? ""}`;
}

function checkUnique({ messages, duplicates }: Observation, sharesIds: boolean): Violation[] {
  const found: Violation[] = [];
  const places = grouped(messages, (one) => {
    const record = sharesIds ? (one.recordSha256 ?? "") : "";
    return `${one.mailboxId} ${one.internetMessageId} ${record}`;
  });
  for (const [place, same] of places) {
    if (same.length > 1)
      found.push(violation("I2", "one Message-ID twice in a mailbox", { place }));
  }
  for (const [by, count] of Object.entries(duplicates)) {
    if (sharesIds && by === "byInternetMessageId") continue;
    if (count > 0) found.push(violation("I2", `the simulator counts ${count} duplicates`, { by }));
  }
  return found;
}

/** From end to end: the record by its hash, the text as it was written, every file byte by byte. */
function checkContent({ truth }: Expected, message: Message): Violation[] {
  const { item } = truth;
  const ids = { record: truth.label, message: message.id };
  if (item.outcome === "unreadable") return [violation("I3", "an unreadable record as mail", ids)];
  const found: Violation[] = [];
  if (message.folder !== folder) found.push(violation("I3", `lies in "${message.folder}"`, ids));
  if (message.isDraft) found.push(violation("I3", "is a draft", ids));
  if (message.recordSha256 !== truth.sha256) {
    found.push(violation("I3", "is of another record", { ...ids, is: message.recordSha256 }));
  }
  if (item.text !== null && !message.body.includes(item.text)) {
    found.push(violation("I3", "the text is not as it was written", ids));
  }
  const wanted = [
    ...item.files.filter(({ fate }) => fate === "whole").map((file) => file.sha256),
    ...item.extras.map((extra) => (extra === "record" ? truth.sha256 : extra)),
  ];
  const are = message.attachments.map((file) => file.sha256);
  if (sha256(wanted.sort().join()) !== sha256(are.sort().join())) {
    const names = message.attachments.map(({ name }) => name);
    found.push(violation("I3", "the files are not those of the record", { ...ids, names }));
  }
  return found;
}
