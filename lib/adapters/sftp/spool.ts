/**
 * A file of the delivery brought here whole, into a private file without a name: whoever dies leaves
 * nothing of it behind. A connection that is cut goes on where it was, and a file that was replaced or is
 * still being written is noticed.
 */
import { createHash, randomUUID } from "node:crypto";
import { type FileHandle, open, unlink } from "node:fs/promises";
import { join } from "node:path";
import { SyncError, toSyncError } from "@/lib/core/errors";
import type { ListedFile } from "@/lib/core/delivered-file";
import { FileGone, type SftpFolder } from "./folder";

export type Remote = Pick<
  SftpFolder,
  "path" | "list" | "listDone" | "stat" | "read" | "moveToDone" | "close"
>;

/** A connection, anew when the one before was cut. */
export type Connect = (signal: AbortSignal) => Promise<Remote>;

export type Spooled = {
  readonly fd: number;
  readonly sizeBytes: number;
  readonly sha256: string;
  close(): Promise<void>;
};

/** Other bytes than those that were listed: it is being written, or was replaced, or taken away. */
export class FileMoved extends Error {
  override readonly name = "FileMoved";
}

export function isSameFile(one: ListedFile, other: ListedFile | null): boolean {
  return (
    other !== null &&
    one.sizeBytes === other.sizeBytes &&
    one.modifiedAt.getTime() === other.modifiedAt.getTime()
  );
}

/** Cut so often without a byte in between, it is the server's trouble. */
const cutsInARow = 3;

/** @throws FileMoved */
export async function spoolFile(
  connect: Connect,
  file: ListedFile,
  directory: string,
  signal: AbortSignal,
): Promise<Spooled> {
  const handle = await namelessFile(directory);
  try {
    const sha256 = await bring(connect, file, handle, signal);
    const { name, sizeBytes } = file;
    // A second look: what was written over meanwhile is neither the one nor the other.
    const now = await (await connect(signal)).stat(name, signal);
    if (!isSameFile(file, now)) throw new FileMoved();
    return { fd: handle.fd, sizeBytes, sha256, close: () => handle.close() };
  } catch (thrown) {
    await handle.close();
    throw ownTrouble(thrown);
  }
}

async function bring(
  connect: Connect,
  { name, sizeBytes }: ListedFile,
  handle: FileHandle,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash("sha256");
  let received = 0;
  for (let cuts = 0; ;) {
    const before = received;
    try {
      const remote = await connect(signal);
      for await (const chunk of remote.read(name, received, signal)) {
        if (received + chunk.byteLength > sizeBytes) throw new FileMoved();
        await writeWhole(handle, chunk, received);
        hash.update(chunk);
        received += chunk.byteLength;
      }
      if (received !== sizeBytes) throw new FileMoved();
      return hash.digest("hex");
    } catch (thrown) {
      if (thrown instanceof FileGone) throw new FileMoved();
      cuts = received > before ? 1 : cuts + 1;
      const isCut = toSyncError(thrown).code === "SourceUnavailable";
      if (!isCut || signal.aborted || cuts >= cutsInARow) throw thrown;
    }
  }
}

/** The last of what a disk has room for is less than was to be written, and no error. */
async function writeWhole(handle: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let written = 0; written < chunk.byteLength;) {
    const left = chunk.byteLength - written;
    written += (await handle.write(chunk, written, left, position + written)).bytesWritten;
  }
}

async function namelessFile(directory: string): Promise<FileHandle> {
  const path = join(directory, `delivered-${randomUUID()}`);
  const handle = await open(path, "wx+", 0o600).catch((thrown: unknown) => {
    throw ownTrouble(thrown);
  });
  await unlink(path);
  return handle;
}

const noRoom: ReadonlySet<unknown> = new Set(["ENOSPC", "EDQUOT", "EROFS", "EMFILE", "ENFILE"]);

/** This machine's disk says nothing about the archive, and may have room again later. */
function ownTrouble(thrown: unknown): unknown {
  const code: unknown = thrown instanceof Error ? Reflect.get(thrown, "code") : undefined;
  return noRoom.has(code) ? new SyncError("SpoolFull", { cause: thrown }) : thrown;
}
