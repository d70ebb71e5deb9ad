/** What stands in the header lines of a message. The composer folds it; what it says is decided here. */
import { encodeWord, quoteString } from "mime-composer/lib/mime-funcs";
import type { MailPerson } from "./message-people";

const printable = /^[ -~]*$/;
/** A line with an encoded word has at most 76 characters (RFC 2047), the header's name among them. */
const longestLine = 76;
const encodedWordChars = 52;

/** Words anybody may have written, e.g. a subject. */
export function wordsValue(text: string): string {
  return isPlain(text) ? text : encodeWord(text, "B", encodedWordChars);
}

/**
 * Folded here, a person a line: the composer folds within quotes as well, where half of Python's email
 * package sees the end of the name.
 */
export function peopleLines(header: "From" | "To", people: readonly MailPerson[]): string {
  return `${header}: ${people.map(mailbox).join(",\r\n ")}\r\n`;
}

function mailbox({ name, address }: MailPerson): string {
  if (!isPlain(name)) {
    const words = encodeWord(name, "B", longestLine - "From: ".length);
    return `${words.replaceAll(" ", "\r\n ")}\r\n <${address}>`;
  }
  const quoted = quoteString(name);
  const isLong = quoted.length + address.length + "From:  <>,".length > longestLine;
  return `${quoted}${isLong ? "\r\n " : " "}<${address}>`;
}

/** A text that looks like an encoded word would be decoded by whoever reads it. */
function isPlain(text: string): boolean {
  return printable.test(text) && !text.includes("=?");
}

const simpleFileName = /^[A-Za-z0-9 !#$&()+,.@[\]^_`{}~-]{1,60}$/;

/**
 * The original name, continued over lines where it is long (RFC 2231). Every slice is encoded and whole:
 * the composer's own mixes encoded with plain ones, which Python reads wrong (decision 21).
 */
export function fileNameParameter(name: string): string {
  if (simpleFileName.test(name)) return `filename="${name}"`;
  return slicesOf(name, 18)
    .map(percentEncoded)
    .map((slice, index) => `filename*${index}*=${index === 0 ? "UTF-8''" : ""}${slice}`)
    .join("; ");
}

function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Slices of at most so many bytes of UTF-8, cut between code points: each is decoded by itself. */
function slicesOf(text: string, bytes: number): string[] {
  const slices: string[] = [];
  let slice = "";
  let room = bytes;
  for (const character of text.replace(/\p{Cs}/gu, "\ufffd")) {
    const size = Buffer.byteLength(character);
    if (size > room) {
      slices.push(slice);
      slice = "";
      room = bytes;
    }
    slice += character;
    room -= size;
  }
  return [...slices, slice];
}
