/** Whether the ledger has what the source says a window holds: by its records, or by its files. */
import { isSameManifest } from "@/lib/core/manifest";
import type { SyncWindow } from "@/lib/core/window";
import type { SourceManifest } from "@/lib/ports/source";
import type { RunConnector } from "@/lib/ports/transfer-records";
import { closeRuns } from "./close";
import type { SyncParts } from "./parts";

export type Reconciled =
  | "equal"
  /** it is worth reading */
  | "differs"
  /** a file is not whole, or refused: reading it again would change nothing */
  | "incomplete";

export async function reconcile(
  { store, tenantId }: Pick<SyncParts, "store" | "tenantId">,
  { id: connectorId, sourceAccountId }: Pick<RunConnector, "id" | "sourceAccountId">,
  window: SyncWindow,
  said: SourceManifest,
): Promise<{ readonly outcome: Reconciled; readonly held: number }> {
  const { files, others = [] } = said;
  if (files === undefined) {
    const ours = await store.ledgerManifest(tenantId, sourceAccountId, window);
    return { outcome: isSameManifest(said, ours) ? "equal" : "differs", held: ours.count };
  }
  await store.noteFiles(tenantId, connectorId, { window, files, others });
  const done = files.filter(({ state }) => state === "done");
  const held = done.reduce((sum, { count }) => sum + (count ?? 0), 0);
  if (files.some(({ state }) => state === "ready")) return { outcome: "differs", held };
  return { outcome: done.length === files.length ? "equal" : "incomplete", held };
}

/** What was missing has come: runs that ended without it are what they would have been with it. */
export async function windowIsWhole(
  parts: SyncParts,
  connectorId: string,
  window: SyncWindow,
): Promise<void> {
  const { store, tenantId, log } = parts;
  const completed = await store.completeWindows(tenantId, connectorId, window);
  for (const runId of completed) log.info("run.completed", { runId, connectorId });
  await closeRuns(parts, completed);
}
