/** Marks, text, quote, notes and facts: one content, of which text and HTML are two renderings (message-format, "Body"). */
import type { Fact } from "./message-fact";
import { escapeHtml, firstUnits, htmlLines, shortened, shown } from "./text";

export type BodyContent = {
  /** what has to be known before the text is read */
  readonly marks: readonly string[];
  readonly text: string;
  /** what the message answers, as far as the record has it */
  readonly quote: string;
  readonly notes: readonly string[];
  readonly facts: readonly Fact[];
};

export const quoteLabel = "In reply to:";

type ShownPart = { readonly text: string; readonly isWhole: boolean };

const longestTextHtmlBytes = 1024 * 1024;
const longestShownText = 100_000;
const longestQuote = 4000;

/** A text whose HTML exceeds 1 MiB is shown in part; the whole of it is then attached. */
export function shownPart(text: string): ShownPart {
  const whole = shown(text);
  // No character becomes more than six bytes, so most texts need no counting.
  const isWhole =
    whole.length * 6 <= longestTextHtmlBytes ||
    Buffer.byteLength(htmlLines(whole)) <= longestTextHtmlBytes;
  return isWhole
    ? { text: whole, isWhole }
    : { text: firstUnits(whole, longestShownText), isWhole };
}

/** The archive calls it an excerpt; one that is none is shown in part. */
export function shownQuote(excerpt: string): ShownPart {
  const isWhole = excerpt.length <= longestQuote;
  return { text: shown(shortened(excerpt, longestQuote)).trim(), isWhole };
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

export function plainText({ marks, text, quote, notes, facts }: BodyContent): string {
  const blocks = [marks.join("\n"), text, plainQuote(quote), notes.join("\n"), plainFacts(facts)];
  return `${blocks.filter((block) => block !== "").join("\n\n")}\n`;
}

function plainQuote(quote: string): string {
  return quote === "" ? "" : `${quoteLabel}\n  “${quote.replaceAll("\n", "\n  ")}”`;
}

export function plainFacts(facts: readonly Fact[]): string {
  return facts
    .map(({ label, lines, link }) => {
      const all = link === undefined ? lines : [...lines, link];
      return `${label}: ${all.join("\n  ")}`;
    })
    .join("\n");
}
