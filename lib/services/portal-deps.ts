/** What the portal's services are given. */
import type { AuditActor } from "@/lib/core/audit";
import type { Actor } from "@/lib/core/access";
import type { ConsentProvider, Directory } from "@/lib/ports/directory";
import type { PortalStore } from "@/lib/ports/portal-store";
import type { Clock, Log, RunQueue, SecretBox } from "@/lib/ports/runtime";
import type { ReadHostKey, Source } from "@/lib/ports/source";
import type { Staging } from "@/lib/ports/staging";

export type MappingRules = {
  readonly mappingFileId: string | null;
  readonly automaticMapping: boolean;
};

export type PortalDeps = {
  readonly store: PortalStore;
  readonly secretBox: SecretBox;
  readonly source: Source;
  readonly readHostKey: ReadHostKey;
  readonly directory: Directory;
  readonly consentProvider: ConsentProvider;
  readonly queue: RunQueue;
  /** To read what is kept beside the database. */
  readonly staging: Pick<Staging, "list" | "readFile" | "readRecord">;
  /** How long an original is kept after the last delivery of its item ended. */
  readonly retentionDays: number;
  /** Whether alarms are told to anybody but the log. */
  readonly hasAlarmWebhook: boolean;
  readonly clock: Clock;
  readonly log: Log;
  /** The tenant this installation serves, for the few ways in without a session. */
  readonly tenantId: string;
  /** Application permissions that admin consent asks for. */
  readonly permissions: readonly string[];
  /** The terms of service in force. */
  readonly termsVersion: string;
  readonly newId: () => string;
  /** 256 bits, safe in a URL. */
  readonly newSecret: () => string;
  /** Looks for the mailboxes of items that failed for want of one; answers how many became pending. */
  readonly resolveUnmapped: (connectorId: string, rules: MappingRules) => Promise<number>;
  /** Begins to resolve anew what waits by a mapping that was changed; workers go on with what is left. */
  readonly resolveAnew: () => Promise<void>;
};

export function auditActor({ id, name }: Actor): AuditActor {
  return { id, name };
}

/** The change is written down: whatever becomes of this, a worker works through it. */
export async function resolveAnewQuietly({
  resolveAnew,
  log,
}: Pick<PortalDeps, "resolveAnew" | "log">): Promise<void> {
  try {
    await resolveAnew();
  } catch (thrown) {
    log.error("mapping.resolve-failed", {}, thrown);
  }
}

/** What was saved stays saved when this fails: the person may retry, and the mapping is asked again. */
export async function resolveUnmappedQuietly(
  { resolveUnmapped, log }: Pick<PortalDeps, "resolveUnmapped" | "log">,
  connectorId: string,
  { mappingFileId, automaticMapping }: MappingRules,
): Promise<number> {
  try {
    return await resolveUnmapped(connectorId, { mappingFileId, automaticMapping });
  } catch (thrown) {
    log.error("mapping.resolve-failed", { connectorId }, thrown);
    return 0;
  }
}
