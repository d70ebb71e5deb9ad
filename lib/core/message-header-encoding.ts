/** Header lines of RFC 5322: encoded words, quoted names, long file names, and no line over 998 bytes. */
import type { MailPerson } from "./message-people";

const printable = /^[ -~]*$/;
const preferredLine = 78;
/** A word of 45 bytes is 60 of base64 and 72 with its marks; RFC 2047 allows 75. */
const encodedWordBytes = 45;

/** A value that is one token, such as an id; it moves to a line of its own when it is long. */
export function tokenHeader(name: string, value: string): string {
  const gap = name.length + value.length + 2 > preferredLine ? "\r\n " : " ";
  return `${name}:${gap}${value}\r\n`;
}

/** Words anybody may have written, e.g. a subject. */
export function wordsHeader(name: string, value: string): string {
  if (!isPlain(value)) return `${name}: ${encodedWords(value)}\r\n`;
  let lines = `${name}:`;
  let column = lines.length;
  for (const word of value.split(" ")) {
    const isFull = column + 1 + word.length > preferredLine && word !== "";
    lines += isFull ? `\r\n ${word}` : ` ${word}`;
    column = isFull ? 1 + word.length : column + 1 + word.length;
  }
  return `${lines}\r\n`;
}

export function peopleHeader(name: string, people: readonly MailPerson[]): string {
  return people.length === 0 ? "" : `${name}: ${people.map(mailbox).join(",\r\n ")}\r\n`;
}

function mailbox({ name, address }: MailPerson): string {
  if (!isPlain(name)) return `${encodedWords(name)}\r\n <${address}>`;
  const quoted = `"${name.replace(/["\\]/g, "\\$&")}"`;
  return `${quoted}${quoted.length + address.length > preferredLine ? "\r\n " : " "}<${address}>`;
}

/** A text that looks like an encoded word would be decoded by whoever reads it. */
function isPlain(text: string): boolean {
  return printable.test(text) && !text.includes("=?");
}

function encodedWords(text: string): string {
  return slicesOf(text, encodedWordBytes)
    .map((slice) => `=?UTF-8?B?${Buffer.from(slice).toString("base64")}?=`)
    .join("\r\n ");
}

const simpleFileName = /^[A-Za-z0-9 !#$&()+,.@[\]^_`{}~-]{1,60}$/;

/** The original name, continued over lines where it is long (RFC 2231). */
export function fileNameParameter(name: string): string {
  if (simpleFileName.test(name)) return `filename="${name}"`;
  const slices = slicesOf(name, 18).map(percentEncoded);
  return slices
    .map((slice, index) => `filename*${index}*=${index === 0 ? "UTF-8''" : ""}${slice}`)
    .join(";\r\n ");
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
