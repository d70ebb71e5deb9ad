/** A server's key as people compare it: its kind and the fingerprint that `ssh-keygen -l` prints. */
import { createHash } from "node:crypto";
import type { ServerHostKeyAlgorithm } from "ssh2";

/** `ssh-ed25519 SHA256:…` */
export function describeHostKey(key: Buffer): string {
  const digest = createHash("sha256").update(key).digest("base64").replace(/=+$/, "");
  return `${kindOf(key)} SHA256:${digest}`;
}

/**
 * Of a known server only the kind of key that was confirmed: with a second one beside it, and all of
 * them allowed, an unchanged server would look changed.
 */
export function hostKeyAlgorithms(hostKey: string | null): ServerHostKeyAlgorithm[] {
  const kind = hostKey?.split(" ")[0];
  const ofKind = signatures.filter((each) => keyKinds[each] === kind);
  return hostKey === null ? [...signatures] : ofKind;
}

/** Signatures over SHA-1 are left out, and with them `ssh-rsa` and `ssh-dss`. */
const signatures = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
] as const satisfies ServerHostKeyAlgorithm[];

const keyKinds: Record<(typeof signatures)[number], string> = {
  "ssh-ed25519": "ssh-ed25519",
  "ecdsa-sha2-nistp256": "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384": "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521": "ecdsa-sha2-nistp521",
  "rsa-sha2-512": "ssh-rsa",
  "rsa-sha2-256": "ssh-rsa",
};

/** Its name is the first string of the key. */
function kindOf(key: Buffer): string {
  const length = key.length < 4 ? 0 : key.readUInt32BE(0);
  return key.toString("latin1", 4, 4 + Math.min(length, 64));
}
