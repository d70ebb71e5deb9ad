/** Signing in against the source, counted: the vendor locks accounts that are tried too often. */
import type { Actor } from "@/lib/core/access";
import { SyncError } from "@/lib/core/errors";
import { sha256Hex } from "@/lib/core/keys";
import type { SourceAccount, SourceCredential } from "@/lib/ports/source";
import type { ActionResult } from "@/lib/core/view";
import { auditActor, type PortalDeps } from "./portal-deps";
import { done, refused } from "./refusals";
import { refusedBySource } from "./source-refusals";

/** Below what the vendor tolerates, for the account and for the person that tries. */
const limit = { failures: 5, withinMs: 15 * 60_000 } as const;

type Deps = Pick<PortalDeps, "store" | "source" | "clock" | "newId">;

/** @param subject of the audit event when the source refuses */
export async function signInToSource(
  { store, source, clock, newId }: Deps,
  actor: Actor,
  subject: string,
  credential: SourceCredential,
  signal: AbortSignal,
): Promise<ActionResult<SourceAccount>> {
  const { tenantId } = actor;
  const attempt = {
    id: newId(),
    usernameDigest: sha256Hex(triedAs(credential).toLowerCase()),
    userId: actor.id,
  };
  const waitUntil = await store.transaction((tx) =>
    tx.signIns.reserve(tenantId, attempt, limit, clock.now()),
  );
  if (waitUntil !== null) return refused(waiting(waitUntil));
  try {
    const account = await source.signIn(credential, signal);
    await store.signIns.forget(tenantId, attempt.usernameDigest);
    return done(account);
  } catch (thrown) {
    const isWrong = thrown instanceof SyncError && wrongCredential.has(thrown.code);
    if (!isWrong) await store.signIns.release(tenantId, attempt.id);
    else {
      await store.transaction((tx) =>
        tx.audit.append(tenantId, {
          actor: auditActor(actor),
          action: "source.signInRefused",
          subject,
          details: { code: thrown.code },
          at: clock.now(),
        }),
      );
    }
    return refusedBySource(thrown, credential.delivery);
  }
}

const wrongCredential: ReadonlySet<string> = new Set([
  ...["SourceAuthFailed", "SourceAccountLocked", "SourceKeyRefused"],
]);

/** The same name on another server is somebody else. */
function triedAs(credential: SourceCredential): string {
  if (credential.delivery === "API") return credential.username;
  return `${credential.username}@${credential.host}:${credential.port}`;
}

function waiting(until: Date): string {
  // Rounded up: at the minute that is named it is possible.
  const minute = new Date(Math.ceil(until.getTime() / 60_000) * 60_000);
  return `There were five failed sign-ins within 15 minutes, and TeleMessage locks accounts that are tried too often. Sign in again after ${utcWords(minute)}.`;
}

/** 2026-11-22 08:30 UTC */
export function utcWords(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

export function accountInUse(connectorName: string): string {
  return `The connector "${connectorName}" archives this TeleMessage account already. Change that connector, or sign in with another account.`;
}

/** null when both can be tried. */
export function credentialFields(credential: {
  readonly username: string;
  readonly password: string;
}): Record<string, string> | null {
  const { username, password } = credential;
  const fields: Record<string, string> = {};
  if (username === "") fields["username"] = "Enter the username.";
  if (username.length > 320) fields["username"] = "A username has at most 320 characters.";
  if (password === "") fields["password"] = "Enter the password.";
  if (password.length > 1024) fields["password"] = "A password has at most 1,024 characters.";
  return Object.keys(fields).length === 0 ? null : fields;
}
