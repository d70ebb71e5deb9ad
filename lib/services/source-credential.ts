/** A credential apart and together again: its secrets are sealed, everything else stands in columns. */
import type { SourceColumns } from "@/lib/ports/portal-records";
import type { SourceCredential } from "@/lib/ports/source";
import type { PortalDeps } from "./portal-deps";

type SftpSecrets = {
  readonly password: string | null;
  readonly privateKey: string | null;
  readonly passphrase: string | null;
};

/** Of the API the password alone, as it was sealed before there was another delivery. */
export function secretsOf(credential: SourceCredential): string {
  if (credential.delivery === "API") return credential.password;
  const { password, privateKey, passphrase } = credential;
  return JSON.stringify({ password, privateKey, passphrase } satisfies SftpSecrets);
}

export function columnsOf(
  credential: SourceCredential,
): SourceColumns & { readonly sourceUsername: string } {
  const { delivery, username: sourceUsername } = credential;
  if (credential.delivery === "API") {
    const none = { sftpHost: null, sftpPort: null, sftpFolder: null, sftpHostKey: null };
    return { delivery, sourceUsername, ...none, movesFinishedFiles: false };
  }
  const { host, port, folder, hostKey, movesFinishedFiles } = credential;
  return {
    ...{ delivery, sourceUsername, movesFinishedFiles },
    ...{ sftpHost: host, sftpPort: port, sftpFolder: folder, sftpHostKey: hostKey },
  };
}

type SourceRow = SourceColumns & { readonly sourceUsername: string | null };

/** What a draft or a connector was signed in with; null where nothing is kept. */
export async function keptCredential(
  { store, secretBox }: Pick<PortalDeps, "store" | "secretBox">,
  tenantId: string,
  row: SourceRow & { readonly credentialId: string | null },
): Promise<SourceCredential | null> {
  const { credentialId } = row;
  if (credentialId === null) return null;
  const sealed = await store.credentials.read(tenantId, credentialId);
  if (sealed === null) return null;
  return credentialOf(row, secretBox.open(sealed, credentialContext(tenantId, credentialId)));
}

/** @param secrets as they were sealed */
export function credentialOf(row: SourceRow, secrets: string): SourceCredential {
  const { delivery, sftpHost, sftpPort, sftpFolder, sftpHostKey, movesFinishedFiles } = row;
  const username = row.sourceUsername ?? "";
  if (delivery === "API") return { delivery, username, password: secrets };
  if (sftpHost === null || sftpPort === null || sftpFolder === null || sftpHostKey === null) {
    throw new Error("A delivery by SFTP has an address and a confirmed key");
  }
  return {
    ...{ delivery, username, movesFinishedFiles, ...(JSON.parse(secrets) as SftpSecrets) },
    ...{ host: sftpHost, port: sftpPort, folder: sftpFolder, hostKey: sftpHostKey },
  };
}

/** Bound to its own row, so that Finish need not seal it anew. */
export function credentialContext(tenantId: string, credentialId: string): string {
  return `credential:${tenantId}:${credentialId}`;
}
