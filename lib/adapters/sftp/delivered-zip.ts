/** A file of the delivery, judged whole before anything of it is read: by its manifest and by every byte. */
import { type ListedFile, type Refusal } from "@/lib/core/delivered-file";
import { isManifestName, judgeDelivery } from "@/lib/core/delivered-manifest";
import { type Connect, type Spooled, spoolFile } from "./spool";
import { type Archive, ArchiveRefused, openArchive, type ZipLimits } from "./zip";

export type Judged =
  | {
      readonly outcome: "ready";
      readonly sha256: string;
      readonly count: number;
      readonly positions: readonly number[];
    }
  | {
      readonly outcome: "refused";
      readonly sha256: string;
      readonly reason: Refusal;
      readonly count: number | null;
    };

export type OpenedFile = {
  readonly sizeBytes: number;
  readonly judged: Judged;
  /** null where it was refused */
  readonly archive: Archive | null;
  close(): Promise<void>;
};

/** @throws FileMoved when it changed under the reading */
export async function openDelivered(
  connect: Connect,
  file: ListedFile,
  options: { readonly directory: string; readonly limits: ZipLimits },
  signal: AbortSignal,
): Promise<OpenedFile> {
  const spooled = await spoolFile(connect, file, options.directory, signal);
  try {
    return { ...(await judge(spooled, options.limits, signal)), ...spooled };
  } catch (thrown) {
    await spooled.close();
    throw thrown;
  }
}

async function judge(
  { fd, sizeBytes, sha256 }: Spooled,
  limits: ZipLimits,
  signal: AbortSignal,
): Promise<Pick<OpenedFile, "judged" | "archive">> {
  const refused = (reason: Refusal, count: number | null = null) => {
    const judged = { outcome: "refused", sha256, reason, count } as const;
    return { judged, archive: null };
  };
  try {
    const archive = await openArchive(fd, sizeBytes, limits);
    const manifests = archive.entries.flatMap(({ name }, position) =>
      isManifestName(name) ? [position] : [],
    );
    const [first] = manifests;
    if (manifests.length > 1) return refused("manyManifests");
    const text = first === undefined ? null : await manifestText(archive, first);
    const judged = judgeDelivery(archive.entries, text);
    if (judged.outcome === "refused") return refused(judged.reason, judged.count);
    // All of it before any of it: a file is never read in part.
    for (const position of archive.entries.keys()) {
      for await (const _chunk of archive.read(position)) signal.throwIfAborted();
    }
    return { judged: { ...judged, sha256 }, archive };
  } catch (thrown) {
    if (thrown instanceof ArchiveRefused) return refused(thrown.reason);
    throw thrown;
  }
}

/** A million names of a hundred letters. */
const mostManifestBytes = 128 * 1024 * 1024;

async function manifestText(archive: Archive, position: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of archive.read(position)) {
    bytes += chunk.byteLength;
    if (bytes > mostManifestBytes) throw new ArchiveRefused("tooLarge");
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
