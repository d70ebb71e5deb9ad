/**
 * Once a day the head of the audit chain is kept beside the database: whoever cuts off the newest
 * events there, and sets the head back, is found out by comparing.
 */
import type { AuditHead } from "@/lib/core/audit";
import {
  auditNoteName,
  auditNotePrefix,
  readAuditNote,
  type AuditNote,
} from "@/lib/core/audit-note";
import type { AuditHeadStore } from "@/lib/ports/audit-head-store";
import type { Clock } from "@/lib/ports/runtime";
import type { Staging } from "@/lib/ports/staging";

type Keeping = {
  readonly store: AuditHeadStore;
  readonly staging: Pick<Staging, "writeNote">;
  readonly tenantId: string;
  readonly clock: Clock;
};

export async function keepAuditHead(
  { store, staging, tenantId, clock }: Keeping,
  signal: AbortSignal,
): Promise<void> {
  const head = await store.auditHead(tenantId);
  if (head.sequence === 0n) return;
  const blobName = auditNoteName(tenantId, head, clock.now());
  await staging.writeNote(blobName, Buffer.from(head.hash), signal);
}

export type KeptAuditHead = { readonly day: string; readonly head: AuditHead };

/** The newest one; null where none was kept yet. */
export async function keptAuditHead(
  staging: Pick<Staging, "list" | "readFile">,
  tenantId: string,
  signal: AbortSignal,
): Promise<KeptAuditHead | null> {
  let newest: AuditNote | null = null;
  for await (const { blobName } of staging.list(auditNotePrefix(tenantId), signal)) {
    const note = readAuditNote(tenantId, blobName);
    if (note !== null && (newest === null || note.sequence > newest.sequence)) newest = note;
  }
  if (newest === null) return null;
  const chunks: Uint8Array[] = [];
  for await (const chunk of staging.readFile(newest.blobName, signal)) chunks.push(chunk);
  const { day, sequence } = newest;
  return { day, head: { sequence, hash: Buffer.concat(chunks).toString("utf8") } };
}
