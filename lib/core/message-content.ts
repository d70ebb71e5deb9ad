/** What stands in a message and what it attaches of its own: the two belong together, since one names the other. */
import type { SourceItem } from "./item";
import { type MessageAttachment, madeAttachment } from "./message-attachments";
import { plainFacts, plainText, shownFacts, shownPart, shownQuote } from "./message-body";
import { type Told, factsOf } from "./message-facts";
import { html } from "./message-html";
import { marksOf } from "./message-kind-facts";

export function contentOf(item: SourceItem, told: Told) {
  const { text, isWhole: isWholeText } = shownPart(item.text ?? "");
  const excerpt = item.replyTo?.excerpt ?? "";
  const { text: quote, isWhole: isWholeQuote } = shownQuote(excerpt);
  const allFacts = factsOf(item, told);
  const { facts, isWhole: isWholeTable } = shownFacts(allFacts);
  const notes: string[] = [];
  const attachments: MessageAttachment[] = [];
  const attachText = (name: string, whole: string) =>
    attachments.push(madeAttachment(name, "text/plain", Buffer.from(whole)));

  if (item.contact !== null) {
    const vcard = Buffer.from(item.contact.vcard);
    attachments.push(madeAttachment("contact.vcf", "text/vcard", vcard));
  }
  if (!isWholeText) {
    notes.push("The whole text is attached.");
    attachText("message.txt", item.text ?? "");
  }
  if (!isWholeQuote) {
    notes.push("The whole of what is answered is attached.");
    attachText("quote.txt", excerpt);
  }
  if (!isWholeTable) {
    notes.push("The whole table of facts is attached.");
    attachText("facts.txt", plainFacts(allFacts));
  }
  notes.push(...whatIsMissing(item, told), ...doubts(item));
  if (item.rawRecord !== null) {
    notes.push("This record does not fit the known form. All of it is attached as JSON.");
    attachments.push(madeAttachment("record.json", "application/json", item.rawRecord));
  }
  const content = { marks: marksOf(item), text, quote, notes, facts };
  return { text: plainText(content), html: html(content), attachments };
}

function whatIsMissing({ kind, text, recorded }: SourceItem, { leftOut, carried }: Told): string[] {
  const files = recorded["attachments"];
  if (kind === "DELETED" && Array.isArray(files) && files.length > 0) {
    return ["The attachments are with the message that was deleted, not with this one."];
  }
  if (leftOut.length > 0) {
    const count = leftOut.length === 1 ? "An attachment is" : `${leftOut.length} attachments are`;
    return [`${count} missing here, and named below.`];
  }
  const isEmpty = kind === "CHAT" && (text ?? "") === "" && carried.length === 0;
  return isEmpty ? ["The message has no text."] : [];
}

function doubts({ isDateReplaced, phoneTimeMs, isChangedWithoutRevision }: SourceItem): string[] {
  const told: string[] = [];
  if (isDateReplaced) {
    const time = phoneTimeMs === null ? "" : ` (${phoneTimeMs} ms after 1970-01-01)`;
    told.push(
      `The phone gave no credible time${time}. The message is dated with the time of the archive.`,
    );
  }
  if (isChangedWithoutRevision) told.push("Changed at the source without a new revision.");
  return told;
}
