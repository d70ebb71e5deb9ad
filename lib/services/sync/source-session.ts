/** How the engine speaks with an archive: signed in as the connector's account, asked for what it still holds. */
import { SyncError, toSyncError } from "@/lib/core/errors";
import type { SyncWindow } from "@/lib/core/window";
import {
  CursorExpired,
  type SourceLedger,
  type SourceManifest,
  type SourceSession,
  WindowExpired,
} from "@/lib/ports/source";
import type { RunConnector } from "@/lib/ports/transfer-records";
import { credentialContext, credentialOf } from "../source-credential";
import type { Horizon } from "./horizon";
import type { SyncParts } from "./parts";

export async function openSession(
  parts: SyncParts,
  connector: RunConnector,
  signal: AbortSignal,
): Promise<SourceSession> {
  const { source, secretBox, tenantId } = parts;
  const { id, credentialId, sealedSecrets, sourceAccountId } = connector;
  const secrets = secretBox.open(sealedSecrets, credentialContext(tenantId, credentialId));
  const session = source.open(credentialOf(connector, secrets), ledgerOf(parts, id));
  try {
    const account = await session.account(signal);
    if (account.id !== sourceAccountId) throw new SyncError("SourceAuthFailed");
    return session;
  } catch (thrown) {
    await session.close?.();
    throw thrown;
  }
}

function ledgerOf(
  { store, tenantId, log }: Pick<SyncParts, "store" | "tenantId" | "log">,
  connectorId: string,
): SourceLedger {
  return {
    files: (window) => store.deliveredFiles(tenantId, connectorId, window),
    settled: (names) => store.settledFiles(tenantId, connectorId, names),
    async moved({ isRefused }) {
      if (isRefused) log.warn("delivery.notMoved", { connectorId });
      await store.noteMoves(tenantId, connectorId, { isRefused });
    },
  };
}

/** What the archive still holds of a window: all of it, its newer part, or null. */
type HeldWindow = {
  readonly window: SyncWindow;
  readonly manifest: SourceManifest;
} | null;

export async function askManifest(
  session: SourceSession,
  horizon: Horizon,
  signal: AbortSignal,
): Promise<HeldWindow> {
  for (;;) {
    const window = horizon.held;
    if (window === null) return null;
    try {
      return { window, manifest: await session.fetchManifest(window, signal) };
    } catch (thrown) {
      horizon.follow(thrown);
    }
  }
}

/** A window or a cursor that expires in the middle is met again, and judged, the next time. */
export function asSyncError(thrown: unknown): SyncError {
  const isExpired = thrown instanceof WindowExpired || thrown instanceof CursorExpired;
  return isExpired ? new SyncError("SourceUnavailable", { cause: thrown }) : toSyncError(thrown);
}
