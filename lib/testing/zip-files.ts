/** ZIP files as the vendor delivers them, and as nobody should, for tests. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import yazl from "yazl";

export type Entries = readonly (readonly [name: string, content: Uint8Array | string])[];

export async function zipOf(entries: Entries, { compress = true, zip64 = false } = {}) {
  const zip = new yazl.ZipFile();
  for (const [name, content] of entries) {
    zip.addBuffer(Buffer.from(content), name, { compress, forceZip64Format: zip64 });
  }
  zip.end({ forceZip64Format: zip64, comment: "" });
  return buffer(Readable.from(zip.outputStream));
}

/** As they are where nobody sets others. */
export const zipLimits = { entries: 1_000_000, unpackedBytes: 10 * 1024 ** 3, density: 100 };

/** Mails and the manifest that holds for them. */
export function deliveryOf(
  mails: readonly Uint8Array[],
  manifest?: string,
  prefix = "mail",
): Promise<Buffer> {
  const entries = mails.map((mail, index) => [`${prefix}-${index}.eml`, mail] as const);
  const names = entries.map(([name]) => name).join("\r\n");
  const text = manifest ?? `Count: ${mails.length}\r\n${names}\r\n`;
  return zipOf([...entries, ["manifest.mf", text]]);
}

/** Of the same length, so that every place in the file stays what it is. */
export function renamed(zip: Buffer, from: string, to: string): Buffer {
  if (from.length !== to.length) throw new Error("The names have to be of one length");
  return Buffer.from(zip.toString("latin1").replaceAll(from, to), "latin1");
}
