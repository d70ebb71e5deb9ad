/** What a reviewer looks for in a contact: whom it names, and how they are reached (RFC 6350, 2426, vCard 2.1). */

type VcardFacts = {
  /** one for each card: several people may be sent at once */
  readonly names: readonly string[];
  /** telephone numbers and e-mail addresses, as they stand in the card */
  readonly ways: readonly string[];
};

/** Whoever sends a larger one sends a picture with it, or means harm. */
const mostRead = 200_000;
const most = 100;

const folded = /\r?\n[ \t]/g;
// Quoted-printable goes on behind a line that ends with "=".
const softBreak = /=\r?\n/g;
const property = /^(?:[\w-]+\.)?(FN|TEL|EMAIL)((?:;[^:\r\n]{0,200})?):([^\r\n]{1,1000})/i;

/** Reads what it understands and leaves out the rest: the card itself is attached. */
export function readVcard(vcard: string): VcardFacts {
  const names: string[] = [];
  const ways: string[] = [];
  for (const line of unfolded(vcard.slice(0, mostRead))) {
    const match = property.exec(line);
    if (match === null) continue;
    const [, name = "", parameters = "", raw = ""] = match;
    const value = isQuotedPrintable(parameters) ? decoded(raw) : raw;
    const target = name.toUpperCase() === "FN" ? names : ways;
    if (target.length < most) target.push(unescaped(value.replace(/^(?:tel|mailto):/i, "")));
  }
  return { names, ways };
}

function unfolded(vcard: string): string[] {
  const text = vcard.includes("=") ? vcard.replace(softBreak, "=\u0000") : vcard;
  return text
    .replace(folded, "")
    .split(/\r\n?|\n/)
    .map((line) => line.replaceAll("=\u0000", ""));
}

function isQuotedPrintable(parameters: string): boolean {
  return /;(?:ENCODING=)?QUOTED-PRINTABLE/i.test(parameters);
}

function decoded(text: string): string {
  const bytes = text.replace(/=([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  // A character beyond a byte was never encoded, so the text is not what it says.
  return /[^\0-\xff]/.test(bytes) ? text : Buffer.from(bytes, "latin1").toString();
}

function unescaped(text: string): string {
  return text
    .replace(/\\n/gi, " ")
    .replace(/\\([\\,;:])/g, "$1")
    .trim();
}
