/** The administrator's private key, opened with its passphrase before anybody is spoken to. */
import ssh2, { type ParsedKey } from "ssh2";
import { SyncError } from "@/lib/core/errors";

/** @returns null where there is none */
export function readPrivateKey({
  privateKey,
  passphrase,
}: {
  readonly privateKey: string | null;
  readonly passphrase: string | null;
}): ParsedKey | null {
  if (privateKey === null) return null;
  const key = parsed(privateKey.trim(), passphrase);
  if (key instanceof Error) throw new SyncError(reasonOf(key));
  if (!key.isPrivateKey()) throw new SyncError("SourceKeyUnreadable");
  return key;
}

/** A file may hold several keys; the library then gives them all, whatever its types say. */
function parsed(text: string, passphrase: string | null): ParsedKey | Error {
  try {
    const read: unknown = ssh2.utils.parseKey(text, passphrase ?? undefined);
    const first: unknown = Array.isArray(read) ? read[0] : read;
    return first as ParsedKey | Error;
  } catch {
    return new Error("Not a key");
  }
}

/** The cause is left out: it may quote what was entered. */
function reasonOf({ message }: Error): "SourceKeyLocked" | "SourceKeyUnreadable" {
  return /passphrase|encrypted|decrypt|integrity/i.test(message)
    ? "SourceKeyLocked"
    : "SourceKeyUnreadable";
}
