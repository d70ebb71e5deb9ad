/** Keeps the mirror of the tenant's directory. */
import { SyncError } from "@/lib/core/errors";
import type { Directory } from "@/lib/ports/directory";
import type { PortalStore } from "@/lib/ports/portal-store";
import type { Clock } from "@/lib/ports/runtime";

export type DirectoryDeps = {
  readonly directory: Directory;
  readonly store: Pick<PortalStore, "directory" | "transaction">;
  readonly clock: Clock;
};

/** Runs that are claimed together read once; whoever changed the directory a moment ago is not kept waiting. */
const freshMs = 500;

/**
 * Reads every user and replaces the mirror page by page; whoever was not seen is gone at the end.
 * Two at once do no harm: the one that began later decides. Skipped when somebody did it in the
 * last seconds.
 */
export async function refreshDirectory(
  { directory, store, clock }: DirectoryDeps,
  tenantId: string,
  signal: AbortSignal,
  options: { readonly isForced?: boolean } = {},
): Promise<void> {
  const startedAt = clock.now();
  const readAt = await store.directory.readAt(tenantId);
  const isFresh = readAt !== null && startedAt.getTime() - readAt.getTime() < freshMs;
  if (isFresh && options.isForced !== true) return;
  let users = 0;
  for await (const page of directory.listUsers(signal)) {
    await store.transaction((tx) => tx.directory.savePage(tenantId, page, startedAt));
    users += page.length;
  }
  signal.throwIfAborted();
  // Nobody at all, where there were people before, is a wrong answer; believing it would take everybody's
  // mailbox away.
  if (users === 0 && readAt !== null) throw new SyncError("DirectoryUnavailable");
  await store.transaction((tx) => tx.directory.finish(tenantId, startedAt, users));
}
