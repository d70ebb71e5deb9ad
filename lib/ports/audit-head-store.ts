import type { AuditHead } from "@/lib/core/audit";

export type AuditHeadStore = {
  /** The newest link of the tenant's chain; sequence 0 where nothing was recorded yet. */
  auditHead(tenantId: string): Promise<AuditHead>;
};
