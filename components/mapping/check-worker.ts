/** Reads a mapping file in the browser, by the code that decides about it on the server. */
import { hexOf } from "@/lib/core/mapping-bytes";
import { type MappingProblem, type MappingReader, mappingReader } from "@/lib/core/mapping";
import type { CheckMessage, CheckRequest } from "./check-messages";

const firstBytes = 256 * 1024;
const pieceBytes = 1024 * 1024;
const tellEveryMs = 100;
const problemsShown = 20;

addEventListener("message", ({ data }: MessageEvent<CheckRequest>) => {
  check(data).catch(() => tell({ kind: "unreadable" }));
});

async function check({ file, defaultCountry }: CheckRequest): Promise<void> {
  const reader = mappingReader({ defaultCountry, fileName: file.name, givesEntries: false });
  const notes = newNotes(reader);
  // The first errors are there before a large file has been read from the disk.
  const first = new Uint8Array(await file.slice(0, firstBytes).arrayBuffer());
  notes.take(reader.read(first));
  notes.tell(first.length);

  const bytes = new Uint8Array(await file.arrayBuffer());
  const digested = { isDone: false };
  const digest = tellDigest(bytes).finally(() => (digested.isDone = true));
  let toldAt = performance.now();
  for (let at = first.length; at < bytes.length && !reader.isOver(); at += pieceBytes) {
    notes.take(reader.read(bytes.subarray(at, at + pieceBytes)));
    if (performance.now() - toldAt < tellEveryMs) continue;
    notes.tell(Math.min(at + pieceBytes, bytes.length));
    toldAt = performance.now();
    if (!digested.isDone) await others();
  }
  if (!reader.isOver()) notes.take(reader.end());
  notes.tell(bytes.length);
  tell({ kind: "done", check: reader.check() });
  await digest;
}

async function tellDigest(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  tell({ kind: "digest", sha256: hexOf(new Uint8Array(digest)) });
}

/** Lets the digest have its word in between. */
function others(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function newNotes(reader: MappingReader) {
  const problems: MappingProblem[] = [];
  let errors = 0;
  let warnings = 0;
  return {
    take(batches: ReturnType<MappingReader["read"]>): void {
      for (const found of batches) {
        for (const finding of found) {
          if (!("problem" in finding)) continue;
          if (finding.problem.severity === "error") errors += 1;
          else warnings += 1;
          if (problems.length < problemsShown) problems.push(finding.problem);
        }
      }
    },
    tell(readBytes: number): void {
      const lines = reader.lines();
      tell({ kind: "progress", lines, errors, warnings, readBytes, problems });
    },
  };
}

function tell(message: CheckMessage): void {
  postMessage(message);
}
