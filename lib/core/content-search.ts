/**
 * Queries for Microsoft Purview's Content Search (KQL), which find what was imported. Searchable are
 * subject, body, people and dates; headers of a message are not indexed, so what its X- headers say
 * stands in its body as well. Phrases match words in a row, whatever stands between them in the text.
 */

export type SearchWishes = {
  /** a number in any spelling, a name, or a mailbox's address */
  readonly person: string;
  /** the name of a group or a conversation's id */
  readonly conversation: string;
  /** `2026-03-01`, of UTC */
  readonly day: string;
  /** null: whatever any connector imported */
  readonly connectorId: string | null;
};

export type SearchField = "person" | "conversation" | "day";

type ContentSearch =
  | { readonly ok: true; readonly query: string }
  | { readonly ok: false; readonly fields: Readonly<Partial<Record<SearchField, string>>> };

/** Every subject of ours has the word. */
const ours = "subject:WhatsApp";

export function contentSearch({
  person,
  conversation,
  day,
  connectorId,
}: SearchWishes): ContentSearch {
  const fields: Partial<Record<SearchField, string>> = {};
  const parts = [ours];
  const add = (field: SearchField, text: string, part: string | null, refusal: string) => {
    if (part !== null) parts.push(part);
    else if (text.trim() !== "") fields[field] = refusal;
  };
  if (connectorId !== null) parts.push(`"${connectorId}"`);
  add("person", person, personPart(person), "Enter a number, a name or an address.");
  add(
    "conversation",
    conversation,
    phrase(conversation),
    "Enter a name or an id with letters or digits.",
  );
  add("day", day, dayPart(day), "Enter a day, such as 2026-03-01.");
  return Object.keys(fields).length > 0
    ? { ok: false, fields }
    : { ok: true, query: parts.join(" AND ") };
}

const asNumber = /^[\s+().\-/]*\d[\d\s().\-/]*$/;
const asAddress = /^[^\s@"]+@[^\s@"]+\.[^\s@"]+$/;
const fewestDigits = 5;

/** Digits are one word in subject, names and body; addresses are also looked for as what the directory knows of them. */
function personPart(text: string): string | null {
  const trimmed = text.trim();
  if (asNumber.test(trimmed)) {
    // What is written before a number to call abroad or at home is no part of it.
    const digits = trimmed.replace(/\D/g, "").replace(/^0+/, "");
    return digits.length < fewestDigits ? null : `"${digits}"`;
  }
  const words = phrase(trimmed);
  if (words === null) return null;
  return asAddress.test(trimmed) || /\s/.test(trimmed)
    ? `(participants:${words} OR ${words})`
    : words;
}

// Quotes end a phrase, also the typographic ones; there is no way to escape them. The others are not
// in the index, and Content Search puts blanks in their place or refuses the query.
const unsearchable =
  /["“”„‟«»+=:!#%^&;/?()[\]{}\\*<>|~$`]|\p{Cc}|(?![\u200c\u200d])\p{Cf}|\p{Cs}|\s/gu;
const searchable = /[\p{L}\p{N}]/u;
const longestPhrase = 200;

/** In quotes nothing is an operator: AND, NOT and NEAR are words there. */
function phrase(text: string): string | null {
  const words = text.slice(0, longestPhrase).replace(unsearchable, " ").replace(/ +/g, " ").trim();
  return searchable.test(words) ? `"${words}"` : null;
}

const isoDay = /^(\d{4})-(\d\d)-(\d\d)$/;

function dayPart(text: string): string | null {
  const trimmed = text.trim();
  const [, year = "", month = "", date = ""] = isoDay.exec(trimmed) ?? [];
  if (year === "") return null;
  const at = new Date(Date.UTC(Number(year), Number(month) - 1, Number(date)));
  return at.toISOString().slice(0, 10) === trimmed ? `sent:${trimmed}` : null;
}
