/** Text, notes and facts as plain text and as HTML: two renderings of one content (message-format, "Body"). */
import type { Fact } from "./message-facts";
import { escapeHtml, firstUnits, shortened, shown } from "./text";

export type BodyContent = {
  readonly text: string;
  readonly notes: readonly string[];
  readonly facts: readonly Fact[];
};

const longestTextHtmlBytes = 1024 * 1024;
const longestShownText = 100_000;

/** A text whose HTML exceeds 1 MiB is shown in part; the whole of it is then attached. */
export function shownPart(text: string): { readonly text: string; readonly isWhole: boolean } {
  const whole = shown(text);
  // No character becomes more than six bytes, so most texts need no counting.
  const isWhole =
    whole.length * 6 <= longestTextHtmlBytes ||
    Buffer.byteLength(htmlLines(whole)) <= longestTextHtmlBytes;
  return isWhole
    ? { text: whole, isWhole }
    : { text: firstUnits(whole, longestShownText), isWhole };
}

const longestLine = 1000;
const longestFactsHtmlBytes = 512 * 1024;

/**
 * The facts as far as a message of 4,000,000 bytes has room for them: a group of a thousand fits,
 * a hostile record does not. Where something had to be cut the whole of it is attached.
 */
export function shownFacts(facts: readonly Fact[]): { facts: readonly Fact[]; isWhole: boolean } {
  let room = longestFactsHtmlBytes;
  const cut = facts.map((fact) => {
    const lines: string[] = [];
    for (const line of fact.lines) {
      const start = shortened(line, longestLine);
      room -= Buffer.byteLength(escapeHtml(start)) + "<br>".length;
      if (room < 0) break;
      lines.push(start);
    }
    const missing = fact.lines.length - lines.length;
    return missing === 0 ? { ...fact, lines } : { ...fact, lines: [...lines, andMore(missing)] };
  });
  const isWhole = facts.every(({ lines }, index) => isEqual(lines, cut[index]?.lines));
  return { facts: cut, isWhole };
}

function andMore(missing: number): string {
  return `… and ${missing} more`;
}

function isEqual(lines: readonly string[], shownLines: readonly string[] = []): boolean {
  return lines.every((line, index) => line === shownLines[index]);
}

export function plainText({ text, notes, facts }: BodyContent): string {
  const blocks = [text, notes.join("\n"), plainFacts(facts)];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

export function plainFacts(facts: readonly Fact[]): string {
  return facts
    .map(({ label, lines, link }) => {
      const all = link === undefined ? lines : [...lines, link];
      return `${label}: ${all.join("\n  ")}`;
    })
    .join("\n");
}

// Nothing but inline styles survives in every Outlook. No text has a colour: it is the reader's own, in
// light and in dark mode, and dark mode has nothing to guess. The one rule is visible on both.
const font = "font-family:'Segoe UI',Helvetica,Arial,sans-serif";
const head =
  '<!DOCTYPE html><html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8">' +
  '<meta name="color-scheme" content="light dark"></head>' +
  `<body style="${font};font-size:15px;line-height:1.45">`;
const textStyle =
  "white-space:pre-wrap;unicode-bidi:plaintext;word-break:break-word;margin:0 0 16px 0";
const noteStyle = "font-size:13px;font-style:italic;margin:0 0 16px 0";
const tableStyle = `${font};font-size:13px;line-height:1.4;word-break:break-word;border-top:1px solid #8a8a8a;border-collapse:collapse`;
const labelStyle = "font-weight:600;text-align:left;white-space:nowrap;padding:3px 16px 3px 0";
const valueStyle = "padding:3px 0";

export function html({ text, notes, facts }: BodyContent): string {
  let page = head;
  if (text !== "") page += `<div dir="auto" style="${textStyle}">${htmlLines(text)}</div>`;
  if (notes.length > 0) page += `<p style="${noteStyle}">${notes.map(escapeHtml).join("<br>")}</p>`;
  page += `<table cellpadding="0" cellspacing="0" border="0" style="${tableStyle}">`;
  for (const fact of facts) page += factRow(fact);
  return `${page}</table></body></html>`;
}

function factRow({ label, lines, link }: Fact): string {
  const values = lines.map(escapeHtml);
  if (link !== undefined) values.push(`<a href="${escapeHtml(link)}">${escapeHtml(link)}</a>`);
  return (
    `<tr><th scope="row" valign="top" style="${labelStyle}">${escapeHtml(label)}</th>` +
    `<td dir="auto" valign="top" style="${valueStyle}">${values.join("<br>")}</td></tr>`
  );
}

function htmlLines(text: string): string {
  const escaped = escapeHtml(text);
  return escaped.includes("\n") ? escaped.replaceAll("\n", "<br>") : escaped;
}
