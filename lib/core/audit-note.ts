/** The head of the audit chain as it is kept outside the database, one note a day. */
import type { AuditHead } from "./audit";

export type AuditNote = {
  readonly blobName: string;
  readonly day: string;
  readonly sequence: bigint;
};

/** @returns `{tenantId}/audit/{yyyy-mm-dd}-{sequence}` */
export function auditNoteName(tenantId: string, { sequence }: AuditHead, at: Date): string {
  return `${auditNotePrefix(tenantId)}/${at.toISOString().slice(0, 10)}-${sequence}`;
}

export function auditNotePrefix(tenantId: string): string {
  return `${tenantId}/audit`;
}

/** null for a name that is no note's. */
export function readAuditNote(tenantId: string, blobName: string): AuditNote | null {
  const prefix = `${auditNotePrefix(tenantId)}/`;
  const [, day, sequence] =
    /^(\d{4}-\d{2}-\d{2})-(\d{1,18})$/.exec(
      blobName.startsWith(prefix) ? blobName.slice(prefix.length) : "",
    ) ?? [];
  if (day === undefined || sequence === undefined) return null;
  return { blobName, day, sequence: BigInt(sequence) };
}
