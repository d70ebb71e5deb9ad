/** Expected refusals are values; these make them. */
import { type Actor, mayDo, missingRole, type Permission } from "@/lib/core/access";
import { failures, SyncError } from "@/lib/core/errors";
import type { ActionResult } from "@/lib/core/view";

export type Refusal = Extract<ActionResult<never>, { ok: false }>;

export function done<T>(value: T): ActionResult<T> {
  return { ok: true, value };
}

export function refused(message: string, fields?: Readonly<Record<string, string>>): Refusal {
  return fields === undefined ? { ok: false, message } : { ok: false, message, fields };
}

/** One sentence per field; the form says the first one on top too. */
export function refusedFields(fields: Readonly<Record<string, string>>): Refusal {
  return refused(Object.values(fields)[0] ?? "", fields);
}

/** null when the person may. */
export function lacksRole(actor: Actor, permission: Permission): Refusal | null {
  return mayDo(actor, permission) ? null : refused(missingRole(permission));
}

/** Somebody got past the page that would have told them. */
export class Forbidden extends Error {
  override readonly name = "Forbidden";
}

export function demandRole(actor: Actor, permission: Permission): void {
  if (!mayDo(actor, permission)) throw new Forbidden(missingRole(permission));
}

/** What a service outside told us, in the administrator's words. Anything else is our own fault and thrown on. */
export function refusedBySyncError(thrown: unknown): Refusal {
  if (!(thrown instanceof SyncError) || thrown.code === "Unexpected") throw thrown;
  const { code, retryAfterMs } = thrown;
  const words = inWords[code] ?? failures[code].advice;
  if (retryAfterMs === undefined) return refused(words);
  return refused(words.replace("in a few minutes", `in ${inWhole(retryAfterMs)}`));
}

/** What the other side asked for, rounded up: `7 seconds`, `2 minutes`. */
function inWhole(waitMs: number): string {
  const seconds = Math.max(1, Math.ceil(waitMs / 1000));
  const [count, unit] = seconds < 90 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** Where the table speaks of runs, a person at a form hears something else. */
const inWords: Partial<Record<SyncError["code"], string>> = {
  SourceUnavailable: "TeleMessage did not answer. Try again in a few minutes.",
  SourceThrottled: "TeleMessage asked us to slow down. Try again in a few minutes.",
  SourceAuthFailed: "TeleMessage refused the username or password. Check both and try again.",
  DirectoryUnavailable: "The directory did not answer. Try again in a few minutes.",
  DirectoryThrottled: "The directory asked us to slow down. Try again in a few minutes.",
  StagingUnavailable: "The staging store did not answer. Try again in a few minutes.",
  TokenThrottled:
    "Microsoft Entra did not answer, or asked us to slow down. Try again in a few minutes.",
  ConsentRevoked: "Admin consent is missing. A Global Administrator must grant it first.",
};

/** A table key that is not one names nothing; PostgreSQL would refuse it. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}
