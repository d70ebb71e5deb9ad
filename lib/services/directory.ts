/**
 * Keeps the mirror of the tenant's directory: what changed is told by Graph from a link on, everybody
 * is read where there is no such link. Any number of processes may do it at once.
 */
import { SyncError } from "@/lib/core/errors";
import type { Directory } from "@/lib/ports/directory";
import type { MirrorState, PortalStore } from "@/lib/ports/portal-store";

export type DirectoryDeps = {
  readonly directory: Directory;
  readonly store: Pick<PortalStore, "directory" | "transaction">;
};

/** Runs that are claimed together ask once; whoever changed the directory a moment ago is not kept waiting. */
const freshMs = 500;

/**
 * Brings the mirror up to date; what was in it stays in force until then, and when it fails.
 * @param options.isWhole reads everybody although a link is there
 */
export async function refreshDirectory(
  deps: DirectoryDeps,
  tenantId: string,
  signal: AbortSignal,
  { isWhole = false }: { readonly isWhole?: boolean } = {},
): Promise<void> {
  const { directory } = deps.store;
  const first = await directory.begin(tenantId);
  // Read in the future is read by a clock that has been set back since.
  if (!isWhole && first.ageMs !== null && Math.abs(first.ageMs) < freshMs) return;
  if (!isWhole && first.link !== null) {
    if ((await followChanges(deps, tenantId, signal, first)) === "upToDate") return;
  }
  for (;;) {
    const stamp = await readWhole(deps, tenantId, signal, first.ageMs !== null);
    const next = await directory.begin(tenantId);
    // Stamps go back only where everything was dated anew, and then what was read is refused.
    if (next.stamp < stamp) continue;
    // What changed while everybody was read. If this link is no good either, the next update finds another.
    await followChanges(deps, tenantId, signal, next);
    return;
  }
}

/** To the end of what changed. Where somebody else moved the mirror on meanwhile, from there. */
async function followChanges(
  { directory, store }: DirectoryDeps,
  tenantId: string,
  signal: AbortSignal,
  from: MirrorState,
): Promise<"upToDate" | "unusable"> {
  const followed = new Set<string>();
  for (let state = from; ; state = await store.directory.begin(tenantId)) {
    signal.throwIfAborted();
    const { link, stamp } = state;
    if (link === null) return "unusable";
    followed.add(link);
    const changes = await directory.changesSince(link, signal);
    if (changes === "expired") return "unusable";
    if (!changes.isLast && followed.has(changes.link)) return "unusable";
    const saved = await store.transaction((tx) =>
      tx.directory.saveChanges(tenantId, link, changes, stamp),
    );
    if (saved === "nobody") return "unusable";
    if (saved === "saved" && changes.isLast) return "upToDate";
  }
}

/**
 * The link first, so that nothing is lost between it and the last page. Where a reading that began
 * later has ended, its mirror is the newer one and this one gives up.
 * @returns the stamp it was read under
 */
async function readWhole(
  { directory, store }: DirectoryDeps,
  tenantId: string,
  signal: AbortSignal,
  wasRead: boolean,
): Promise<Date> {
  const link = await directory.latestLink(signal);
  const { stamp } = await store.directory.begin(tenantId);
  let users = 0;
  for await (const page of directory.listUsers(signal)) {
    const isSaved = await store.transaction((tx) => tx.directory.savePage(tenantId, page, stamp));
    if (!isSaved) return stamp;
    users += page.length;
  }
  signal.throwIfAborted();
  // Nobody at all, where there were people before, is a wrong answer; believing it would take everybody's
  // mailbox away.
  if (users === 0 && wasRead) throw new SyncError("DirectoryUnavailable");
  await store.transaction((tx) => tx.directory.finish(tenantId, stamp, link));
  return stamp;
}
