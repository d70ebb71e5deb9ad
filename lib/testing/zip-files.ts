/** ZIP files as the vendor delivers them, and as nobody should, for tests. */
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { crc32 } from "node:zlib";
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

/** So many files, each named and holding its number: a library would take seconds for them. */
export function zipOfMany(count: number): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (let index = 0; index < count; index += 1) {
    const content = Buffer.from(String(index));
    const name = Buffer.from(`${index}.eml`);
    const facts = Buffer.alloc(26);
    facts.writeUInt16LE(10, 0);
    facts.writeUInt32LE(crc32(content), 10);
    facts.writeUInt32LE(content.byteLength, 14);
    facts.writeUInt32LE(content.byteLength, 18);
    facts.writeUInt16LE(name.byteLength, 22);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(offset, 10);
    const file = Buffer.concat([Buffer.from("PK\x03\x04"), facts, name, content]);
    directory.push(Buffer.from("PK\x01\x02\x2d\x00"), facts, place, name);
    files.push(file);
    offset += file.byteLength;
  }
  const central = Buffer.concat(directory);
  return Buffer.concat([...files, central, endOfMany(count, central.byteLength, offset)]);
}

/** What the older form cannot count stands in a record before it, found by a third. */
function endOfMany(count: number, size: number, offset: number): Buffer {
  const end = Buffer.alloc(98);
  end.write("PK\x06\x06", 0, "latin1");
  end.writeBigUInt64LE(44n, 4);
  for (const at of [24, 32]) end.writeBigUInt64LE(BigInt(count), at);
  end.writeBigUInt64LE(BigInt(size), 40);
  end.writeBigUInt64LE(BigInt(offset), 48);
  end.write("PK\x06\x07", 56, "latin1");
  end.writeBigUInt64LE(BigInt(offset + size), 64);
  end.writeUInt32LE(1, 72);
  end.write("PK\x05\x06", 76, "latin1");
  end.fill(0xff, 84, 96);
  return end;
}
