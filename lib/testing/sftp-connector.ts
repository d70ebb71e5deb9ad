/** A connector whose delivery lies on an OpenSSH server, behind a relay that can be told to misbehave. */
import { chmodSync, mkdtempSync, renameSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SftpCredential } from "@/lib/ports/source";
import type { SftpServer } from "@/scripts/testing/sftp-server";
import { type Manner, startRelay } from "./sftp-peers";
import { type SyncWorld, type TestConnector, tenantId } from "./sync-world";

export type SftpDrop = Awaited<ReturnType<typeof createSftpDrop>>;

export async function createSftpDrop(open: SyncWorld, server: SftpServer, manner: Manner = {}) {
  const relay = await startRelay(server.port, manner);
  const folder = mkdtempSync(join(server.folder, "drop-"));
  // Made by us, read by the server's user.
  chmodSync(folder, 0o777);
  const { host, port } = relay.address;
  const byKey: SftpCredential = {
    ...{ delivery: "SFTP", host, port, folder, username: server.username, password: null },
    ...{ privateKey: server.privateKey, passphrase: null, hostKey: server.hostKey() },
    movesFinishedFiles: false,
  };
  return {
    ...{ relay, folder },

    /** At once, as by a server that writes under another name first. */
    put(name: string, bytes: Uint8Array, modifiedAt = new Date()): void {
      const hidden = join(folder, "..", "written");
      writeFileSync(hidden, bytes, { mode: 0o644 });
      utimesSync(hidden, modifiedAt, modifiedAt);
      renameSync(hidden, join(folder, name));
    },

    /** What the wizard's Finish does; its first run waits to be transferred. */
    async finish(more: Partial<SftpCredential> = {}): Promise<TestConnector> {
      const credential = { ...byKey, ...more };
      const account = await open.parts.source.signIn(credential, open.signal);
      const connector = await open.finish();
      const { password, privateKey, passphrase, hostKey, username, movesFinishedFiles } =
        credential;
      const [row] = await open.sql.query<{ credentialId: string }>(
        `UPDATE "Connector" SET "delivery" = 'SFTP', "sourceAccountId" = $2, "sourceUsername" = $3,
           "sftpHost" = $4, "sftpPort" = $5, "sftpFolder" = $6, "sftpHostKey" = $7, "movesFinishedFiles" = $8
         WHERE "id" = $1 RETURNING "credentialId"`,
        [...[connector.id, account.id, username, host, port, folder, hostKey], movesFinishedFiles],
      );
      const credentialId = row?.credentialId ?? "";
      const secrets = JSON.stringify({ password, privateKey, passphrase });
      const sealed = open.outside.secretBox.seal(secrets, `credential:${tenantId}:${credentialId}`);
      await open.sql.query(`UPDATE "Credential" SET "ciphertext" = $2 WHERE "id" = $1`, [
        ...[credentialId, Buffer.from(sealed)],
      ]);
      return connector;
    },
  };
}
