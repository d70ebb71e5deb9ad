/** Where lines end, by their bytes. */

export const lf = 10;
export const cr = 13;
const quote = 34;

/** LF, CR and CRLF each end a line; what follows the last end is one more. */
export function countLines(bytes: Uint8Array): number {
  let ends = 0;
  let previous = lf;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === cr || (byte === lf && (index === 0 || previous !== cr))) ends += 1;
    previous = byte;
  }
  return previous === lf || previous === cr ? ends : ends + 1;
}

/** Where the line after this one begins; null when a quotation mark stands in it. */
export function plainLineEnd(bytes: Uint8Array, from: number): number | null {
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === quote) return null;
    if (byte === lf) return at + 1;
    if (byte === cr) return bytes[at + 1] === lf ? at + 2 : at + 1;
  }
  return bytes.length;
}

/** Where the second line begins. */
export function firstLineEnd(bytes: Uint8Array): number {
  const feed = bytes.indexOf(lf);
  const line = feed < 0 ? bytes : bytes.subarray(0, feed);
  const carriage = line.indexOf(cr);
  if (carriage < 0 || carriage + 1 === feed) return feed < 0 ? bytes.length : feed + 1;
  return carriage + 1;
}

/** After the last line end that is certainly whole: a CR at the very end may lack its LF. */
export function lastLineEnd(bytes: Uint8Array): number {
  const carriage = bytes.length < 2 ? -1 : bytes.lastIndexOf(cr, bytes.length - 2);
  return Math.max(bytes.lastIndexOf(lf), carriage) + 1;
}
