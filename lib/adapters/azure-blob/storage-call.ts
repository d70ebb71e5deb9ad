/** One request to storage: its deadline, and what its failure means to whoever stages. */
import { RestError } from "@azure/storage-blob";
import { onAbort } from "@/lib/adapters/on-abort";
import { SyncError } from "@/lib/core/errors";

/** Storage's own client sets none: without it a black hole in the network would hold a lane for ever. */
const deadlineMs = 60_000;

export async function call<T>(
  signal: AbortSignal,
  work: (abortSignal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal.aborted) throw new SyncError("Interrupted");
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, deadlineMs);
  const unlisten = onAbort(signal, abort);
  try {
    return await work(controller.signal);
  } catch (error) {
    throw stagingError(error, signal);
  } finally {
    clearTimeout(timer);
    unlisten();
  }
}

/** Hands a body on; the deadline is for each gap in it, not for the whole of a large file. */
export async function* watched(
  body: AsyncIterable<Uint8Array>,
  life: AbortController,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const abort = () => life.abort();
  const reader = body[Symbol.asyncIterator]();
  const unlisten = onAbort(signal, abort);
  let timer: NodeJS.Timeout | undefined;
  try {
    for (;;) {
      timer = setTimeout(abort, deadlineMs);
      const next = await reader.next().catch((error: unknown) => {
        throw stagingError(error, signal);
      });
      clearTimeout(timer);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
    unlisten();
    life.abort();
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof RestError && error.code === code;
}

/** What is not there, or not as long as it was, can never be opened; all else may be tried again. */
function stagingError(error: unknown, signal: AbortSignal): SyncError {
  if (error instanceof SyncError) return error;
  if (signal.aborted) return new SyncError("Interrupted", { cause: error });
  const isGone = hasCode(error, "BlobNotFound") || hasCode(error, "InvalidRange");
  return new SyncError(isGone ? "StagingCorrupt" : "StagingUnavailable", { cause: error });
}
