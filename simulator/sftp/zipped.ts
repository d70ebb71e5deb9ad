import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { ZipFile } from "yazl";
import { mimeSize, renderMime } from "../mime/render";
import type { MimeFile } from "../mime/rendered-message";
import type { Archive, ArchivedRecord } from "../state/archive";
import type { BlobStore, StoredBytes } from "../state/blobs";
import type { Batch } from "./batches";
import { deliveredFiles, deliveredMail } from "./delivered-mail";
import { lazily } from "./lazily";

/** A file of the drop: its length is known before its bytes are made. */
export type Zipped = {
  readonly sizeBytes: number;
  bytes(): Promise<StoredBytes>;
  discard(): Promise<void>;
};

type Mail = {
  readonly name: string;
  readonly sizeBytes: number;
  readonly record: ArchivedRecord;
  /** As they were when the file was first seen, whatever the archive holds later. */
  readonly files: readonly MimeFile[];
};

/** It is told the size, whatever its type says (@types/yazl 3.3.1). */
type EndCallback = () => void;

/** What is larger is stored as it is: its length follows from the lengths of its messages. */
const packedBytes = 1024 * 1024;
const mostDensity = 20;

/** The same records give the same bytes, whenever they are zipped. */
export async function zip(batch: Batch, archive: Archive, blobs: BlobStore): Promise<Zipped> {
  const mails = batch.records.map((record, index): Mail => {
    const files = deliveredFiles(record, archive);
    const sizeBytes = mimeSize(deliveredMail(record, files));
    return { name: `message-${String(index + 1).padStart(4, "0")}.eml`, sizeBytes, record, files };
  });
  const total = mails.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  const small = total > packedBytes ? undefined : await packed(batch, mails);
  // One that unpacks to many times its size is taken for a trap.
  if (small === undefined || total > mostDensity * small.length) {
    return stored(batch, mails, blobs);
  }
  const zipped = await blobs.put(small);
  const discard = () => zipped.discard();
  return { sizeBytes: zipped.sizeBytes, bytes: async () => zipped, discard };
}

async function packed(batch: Batch, mails: readonly Mail[]): Promise<Buffer> {
  const file = new ZipFile();
  const options = { mtime: mtimeOf(batch) };
  for (const { name, record, files } of mails) {
    const mail = await buffer(Readable.from(renderMime(deliveredMail(record, files))));
    file.addBuffer(mail, name, options);
  }
  file.addBuffer(manifest(mails), manifestName(batch), options);
  file.end();
  return buffer(file.outputStream);
}

async function stored(batch: Batch, mails: readonly Mail[], blobs: BlobStore): Promise<Zipped> {
  const sizeBytes = await new Promise<number>((resolve) => {
    const ended = resolve as EndCallback;
    // Nothing is ever read of this one.
    storedFile(batch, mails, () => undefined).end({ forceZip64Format: false, comment: "" }, ended);
  });
  let made: StoredBytes | undefined;
  const bytes = lazily(async () => {
    const file = storedFile(batch, mails, ({ record, files }, take) =>
      take(Readable.from(renderMime(deliveredMail(record, files)))),
    );
    const output = Readable.from(file.outputStream);
    file.on("error", (thrown: Error) => output.destroy(thrown));
    file.end();
    const growing = blobs.grow();
    for await (const chunk of output) await growing.append(chunk as Buffer);
    made = growing.seal();
    return made;
  });
  return { sizeBytes, bytes, discard: async () => made?.discard() };
}

function storedFile(
  batch: Batch,
  mails: readonly Mail[],
  open: (mail: Mail, take: (bytes: Readable) => void) => void,
): ZipFile {
  const file = new ZipFile();
  const options = { mtime: mtimeOf(batch), compress: false };
  for (const mail of mails) {
    const { name, sizeBytes: size } = mail;
    file.addReadStreamLazy(name, { ...options, size }, (take) =>
      open(mail, (bytes) => take(null, bytes)),
    );
  }
  file.addBuffer(manifest(mails), manifestName(batch), options);
  return file;
}

function manifest(mails: readonly Mail[]): Buffer {
  const lines = [`Count: ${mails.length}`, ...mails.map(({ name }) => name)];
  return Buffer.from(lines.map((line) => `${line}\r\n`).join(""));
}

function manifestName({ name }: Batch): string {
  return name.replace(/zip$/, "mf");
}

const oldestMs = Date.UTC(1980, 0, 2);

/** A ZIP knows no time before 1980. */
function mtimeOf({ zippedAt }: Batch): Date {
  return new Date(Math.max(zippedAt, oldestMs));
}
