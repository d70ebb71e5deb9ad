/** What ends a conversation with an SFTP server, in the words of the failure table. */
import { type FailureCode, SyncError } from "@/lib/core/errors";

/** What was going on when it ended; the error alone does not tell. */
export type Situation = {
  readonly signal: AbortSignal;
  /** null on the first contact, when no key is known yet. */
  readonly hostKey: string | null;
  readonly usesKey: boolean;
};

export function connectionFailure(thrown: unknown, situation: Situation): SyncError {
  if (thrown instanceof SyncError) return thrown;
  if (situation.signal.aborted) return new SyncError("Interrupted", { cause: thrown });
  return new SyncError(codeOf(thrown, situation), { cause: thrown });
}

export function sftpUnavailable(reason: string): SyncError {
  return new SyncError("SourceUnavailable", { cause: new Error(reason) });
}

/** What the server refused to do with a path. */
export type PathRefusal = "missing" | "denied" | "other";

export function pathRefusal(thrown: unknown): PathRefusal | null {
  if (!(thrown instanceof Error) || !("code" in thrown)) return null;
  // Numbers of the protocol's status; the texts of a socket are words.
  if (typeof thrown.code !== "number") return null;
  return { 2: "missing" as const, 3: "denied" as const }[thrown.code] ?? "other";
}

export function isEndOfFile(thrown: unknown): boolean {
  return thrown instanceof Error && "code" in thrown && thrown.code === 1;
}

function codeOf(thrown: unknown, { hostKey, usesKey }: Situation): FailureCode {
  const { message, level, code } = wordsOf(thrown);
  if (code === "ENOTFOUND") return "SourceNotFound";
  if (level === "client-authentication") return usesKey ? "SourceKeyRefused" : "SourceAuthFailed";
  // It has another kind of key than the one that was confirmed, and no longer that one.
  if (message.includes("no matching host key") && hostKey !== null) return "SourceHostKeyChanged";
  if (message.includes("no matching")) return "SourceOutdated";
  if (level === "handshake" && message.includes("Host denied")) return "SourceHostKeyChanged";
  return notSftp.some((words) => message.includes(words)) ? "SourceNotSftp" : "SourceUnavailable";
}

/** Words of the SSH library, whose errors have no codes. */
const notSftp = ["Unable to start subsystem", "Bad packet length", "Unsupported SSH version"];

function wordsOf(thrown: unknown): { message: string; level: string; code: string } {
  if (!(thrown instanceof Error)) return { message: "", level: "", code: "" };
  const text = (name: "level" | "code") => {
    const value: unknown = Reflect.get(thrown, name);
    return typeof value === "string" ? value : "";
  };
  return { message: thrown.message, level: text("level"), code: text("code") };
}
