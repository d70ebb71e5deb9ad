/** Messages out of a delivered file: small ones whole, of large ones the beginning and how to fetch all of it. */
import { createHash } from "node:crypto";
import type { ListedFile } from "@/lib/core/delivered-file";
import type { DeliveredMail } from "@/lib/core/eml-item";
import type { OpenedFile } from "./delivered-zip";

/** Larger ones are no page's business; the engine stages each as a file of its own. */
const mostWholeBytes = 1024 * 1024;
const beginningBytes = 256 * 1024;

/** Of all messages of a page, in memory at a time. */
const mostPageBytes = 16 * 1024 * 1024;

export type PagedMails = ReturnType<typeof pagedMails>;

export function pagedMails(limit: number) {
  const list: DeliveredMail[] = [];
  let bytes = 0;
  return {
    list,
    isFull: () => list.length >= limit || bytes >= mostPageBytes,
    add(mail: DeliveredMail) {
      list.push(mail);
      bytes += mail.bytes.byteLength;
    },
  };
}

export async function mailAt(
  { archive }: OpenedFile,
  { name, at }: ListedFile & { readonly at: Date },
  position: number,
  signal: AbortSignal,
): Promise<DeliveredMail> {
  const entry = archive?.entries[position];
  if (archive === null || entry === undefined) throw new RangeError("No such message");
  const isWhole = entry.sizeBytes <= mostWholeBytes;
  const room = isWhole ? mostWholeBytes : beginningBytes;
  const hash = createHash("sha256");
  const chunks: Uint8Array[] = [];
  let kept = 0;
  for await (const chunk of archive.read(position)) {
    signal.throwIfAborted();
    hash.update(chunk);
    if (kept < room) chunks.push(chunk.subarray(0, room - kept));
    kept += chunk.byteLength;
  }
  return {
    bytes: Buffer.concat(chunks),
    ...{ sizeBytes: entry.sizeBytes, sha256: hash.digest("hex"), deliveredAt: at },
    fileId: isWhole ? null : JSON.stringify([name, entry.name]),
  };
}

/** Ours, out of our own database. */
export function readFileId(id: string): { readonly fileName: string; readonly entryName: string } {
  const [fileName, entryName] = JSON.parse(id) as [string, string];
  return { fileName, entryName };
}
