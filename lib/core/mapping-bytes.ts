/** Bytes and text by means that browsers and Node share: one and the same code reads a file in both. */

/** Bytes that are no UTF-8 become U+FFFD; a byte-order mark stays. */
export function textOf(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

export function bytesOf(text: string): Uint8Array {
  return encoder.encode(text);
}

const encoder = new TextEncoder();

/** One character a byte, for a look at the first few. */
export function latin1Of(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** What 0x80 to 0x9F are in Windows-1252; the five that it leaves open cannot be read. */
const beyondLatin1 =
  "\u20AC\uFFFD\u201A\u0192\u201E\u2026\u2020\u2021\u02C6\u2030\u0160\u2039\u0152\uFFFD\u017D\uFFFD" +
  "\uFFFD\u2018\u2019\u201C\u201D\u2022\u2013\u2014\u02DC\u2122\u0161\u203A\u0153\uFFFD\u017E\u0178";

/** Own table: what runtimes call windows-1252 differs in just these. */
export function windows1252Of(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.length);
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    const isOther = byte >= 0x80 && byte <= 0x9f;
    units[index] = isOther ? beyondLatin1.charCodeAt(byte - 0x80) : byte;
  }
  return utf16.decode(units);
}

const utf16 = new TextDecoder("utf-16le", { ignoreBOM: true });
