/** What strings from outside may contain, by where they go: a row, a header, a page of text. */

const lone = /\p{Cs}/gu;
const unstorable = /\0|\p{Cs}/u;
const unstorableAll = /\0|\p{Cs}/gu;
const lineBreak = /\r\n?/g;
// Control characters other than tab and line feed, and lone surrogates.
const unshowable = /[^\P{Cc}\t\n]|\p{Cs}/u;
const unshowableAll = /[^\P{Cc}\t\n]|\p{Cs}/gu;
// What one line may not hold: anything but single spaces between words.
const notOneLine = /[\p{Cc}\p{Cs}]|[^\S ]| {2}|^ | $/u;
const control = /\p{Cc}/gu;
const space = /\s+/gu;
const special = /[&<>"']/;
const specialAll = /[&<>"']/g;

/** Metadata loses what PostgreSQL refuses, which would cost the whole page (design, "One bad thing"). */
export function storable(text: string): string {
  return unstorable.test(text) ? text.replace(unstorableAll, "") : text;
}

/** Running text: line ends become LF, what cannot be shown becomes U+FFFD (message-format, Hygiene). */
export function shown(text: string): string {
  const lines = text.includes("\r") ? text.replace(lineBreak, "\n") : text;
  return unshowable.test(lines) ? lines.replace(unshowableAll, "\ufffd") : lines;
}

/** A name or a value on one line: no CR or LF can reach a header (message-format, Hygiene). */
export function oneLine(text: string): string {
  if (!notOneLine.test(text)) return text;
  return text.replace(space, " ").replace(control, "\ufffd").replace(lone, "\ufffd").trim();
}

/** The first units of a text; a pair of surrogates is never cut in two. */
export function firstUnits(text: string, units: number): string {
  if (text.length <= units) return text;
  const last = text.charCodeAt(units - 1);
  const splitsPair = last >= 0xd800 && last <= 0xdbff;
  return text.slice(0, splitsPair ? units - 1 : units);
}

/** At most so many UTF-16 units (what Exchange counts), cut at a code point with "…". */
export function shortened(text: string, units: number): string {
  return text.length <= units ? text : `${firstUnits(text, units - 1)}…`;
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  return special.test(text)
    ? text.replace(specialAll, (character) => entities[character] ?? "")
    : text;
}

export function htmlLines(text: string): string {
  const escaped = escapeHtml(text);
  return escaped.includes("\n") ? escaped.replaceAll("\n", "<br>") : escaped;
}
