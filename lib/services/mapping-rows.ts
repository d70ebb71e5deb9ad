/** A mapping file as it streams in: read once, in flat memory, its rows kept in batches. */
import { createHash } from "node:crypto";
import {
  type MappingCheck,
  type MappingEntry,
  type MappingFinding,
  type MappingOptions,
  type MappingProblem,
  readMappingFile,
} from "@/lib/core/mapping";
import type { PortalTables } from "@/lib/ports/portal-store";

export type Arrived = {
  readonly check: MappingCheck;
  /** False when the reader refused the file before its end. */
  readonly isWhole: boolean;
  readonly sizeBytes: number;
  readonly sha256: string;
};

type Kept = { readonly tenantId: string; readonly fileId: string } & MappingOptions;

export async function keepRows(
  mappings: PortalTables["mappings"],
  { tenantId, fileId, defaultCountry, fileName }: Kept,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<Arrived> {
  const hash = createHash("sha256");
  let sizeBytes = 0;
  let isWhole = false;
  async function* tallied(): AsyncGenerator<Uint8Array> {
    for await (const chunk of untilAborted(bytes, signal)) {
      sizeBytes += chunk.byteLength;
      hash.update(chunk);
      yield chunk;
    }
    isWhole = true;
  }

  const writer = rowWriter(mappings, tenantId, fileId);
  try {
    const reading = readMappingFile(tallied(), { defaultCountry, fileName });
    let found = await reading.next();
    while (found.done !== true) {
      await writer.add(found.value);
      found = await reading.next();
    }
    await writer.end();
    return { check: found.value, isWhole, sizeBytes, sha256: hash.digest("hex") };
  } finally {
    // Whoever takes a broken upload away must not be overtaken by its last rows.
    await writer.settled();
  }
}

/** Whoever has left is not waited for: a body of which nothing arrives any more may never say so. */
async function* untilAborted(
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const chunks = bytes[Symbol.asyncIterator]();
  let leave = () => {};
  const left = new Promise<never>((_resolve, reject) => {
    leave = () => reject(new Error("The upload was aborted"));
  });
  left.catch(() => undefined);
  signal.addEventListener("abort", leave);
  try {
    for (;;) {
      signal.throwIfAborted();
      const next = await Promise.race([chunks.next(), left]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    signal.removeEventListener("abort", leave);
    // Not waited for: a source that is still asked for more ends when it answers.
    void Promise.resolve(chunks.return?.()).catch(() => undefined);
  }
}

const rowsAtOnce = 2000;

/** One batch is written while the next is read: database and reader need not wait for each other. */
function rowWriter(mappings: PortalTables["mappings"], tenantId: string, fileId: string) {
  let entries: MappingEntry[] = [];
  let problems: MappingProblem[] = [];
  let position = 0;
  let writing: Promise<void> = Promise.resolve();

  async function write(
    batch: readonly MappingEntry[],
    told: readonly MappingProblem[],
    from: number,
  ): Promise<void> {
    if (batch.length > 0) await mappings.addEntries(tenantId, fileId, batch);
    if (told.length > 0) await mappings.addProblems(tenantId, fileId, from, told);
  }

  async function flush(): Promise<void> {
    await writing;
    writing = write(entries, problems, position);
    // Told to whoever waits for it next.
    writing.catch(() => undefined);
    position += problems.length;
    entries = [];
    problems = [];
  }

  return {
    async add(found: readonly MappingFinding[]): Promise<void> {
      for (const finding of found) {
        if ("entry" in finding) entries.push(finding.entry);
        else problems.push(finding.problem);
      }
      if (entries.length + problems.length >= rowsAtOnce) await flush();
    },
    async end(): Promise<void> {
      await flush();
      await writing;
    },
    settled: () => writing.catch(() => undefined),
  };
}
