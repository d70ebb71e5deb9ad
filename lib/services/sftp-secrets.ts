/** What somebody typed to be let in by SFTP, and the key they confirmed. */
import type { Actor } from "@/lib/core/access";
import { readSftpPlace, type TypedPlace } from "@/lib/core/delivery";
import type { ActionResult } from "@/lib/core/view";
import type { SftpCredential } from "@/lib/ports/source";
import type { PortalDeps } from "./portal-deps";
import { done, lacksRole, type Refusal, refusedFields } from "./refusals";
import type { TypedSecrets } from "./sign-in-input";
import { refusedBySource } from "./source-refusals";

type Secrets = Pick<SftpCredential, "password" | "privateKey" | "passphrase">;

/** @param kept the secrets of the same place; what is typed replaces all of them */
export function withSecrets(
  typed: TypedSecrets & { readonly hostKey: string },
  kept: Secrets | null,
): (Secrets & Pick<SftpCredential, "hostKey">) | Refusal {
  const fields = secretFields(typed);
  const secrets = secretsIn(typed, kept);
  if (secrets === null) fields["password"] ??= "Enter a password or a private key.";
  const isHostKey = /^[a-z0-9@.-]{1,64} SHA256:[A-Za-z0-9+/]{43}$/.test(typed.hostKey);
  if (!isHostKey) fields["hostKey"] = "Compare the fingerprint of the server's key and confirm it.";
  if (secrets === null || Object.keys(fields).length > 0) return refusedFields(fields);
  return { ...secrets, hostKey: typed.hostKey };
}

/** Asked before anything secret is sent; what cannot be tried is told first. */
export async function askHostKey(
  { readHostKey }: Pick<PortalDeps, "readHostKey">,
  actor: Actor,
  typed: TypedPlace,
  signal: AbortSignal,
): Promise<ActionResult<{ readonly hostKey: string }>> {
  const refusal = lacksRole(actor, "manageConnectors");
  if (refusal !== null) return refusal;
  const read = readSftpPlace(typed);
  if ("fields" in read) return refusedFields(read.fields);
  try {
    return done({ hostKey: await readHostKey(read.place, signal) });
  } catch (thrown) {
    return refusedBySource(thrown, "SFTP");
  }
}

function secretsIn({ password, privateKey, passphrase }: TypedSecrets, kept: Secrets | null) {
  if (password !== "" || privateKey.trim() !== "") {
    const ofKey = privateKey.trim() === "" ? null : { privateKey, passphrase: passphrase || null };
    const none = { privateKey: null, passphrase: null };
    return { password: password === "" ? null : password, ...(ofKey ?? none) };
  }
  return kept !== null && passphrase !== "" ? { ...kept, passphrase } : kept;
}

function secretFields({ password, privateKey, passphrase }: TypedSecrets): Record<string, string> {
  const fields: Record<string, string> = {};
  if (password.length > 1024) fields["password"] = "A password has at most 1,024 characters.";
  if (privateKey.length > 32_768) fields["privateKey"] = "A key has at most 32,768 characters.";
  if (passphrase.length > 1024) fields["passphrase"] = "A passphrase has at most 1,024 characters.";
  return fields;
}
