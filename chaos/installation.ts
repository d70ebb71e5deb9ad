/** One seed's installation: a database and a container of its own, the connector, and the administrator at work. */
import { randomBytes } from "node:crypto";
import { v7 as uuid } from "uuid";
import { loadConfig } from "@/lib/config";
import { grantConsent } from "@/lib/testing/simulated-consent";
import { closeOutside, createOutside, openPortal } from "@/lib/wiring";
import { type Control, createControl } from "./control";
import { type DropServer, startDropServer } from "./drop-server";
import { administrator, mappingLines } from "./people";
import type { Plan } from "./plan";
import type { Services } from "./services";
import { type Ledger, openLedger } from "./sql";
import { accountId, username, worldOf } from "./world";

export const tenantId = "3f2c0d6e-0000-4000-8000-000000000001";

export type Installation = {
  readonly env: Readonly<Record<string, string>>;
  readonly ledger: Ledger;
  readonly control: Control;
  readonly portal: ReturnType<typeof openPortal>;
  /** The one that is not deleted, or the last one that was. */
  readonly connectorId: () => Promise<string>;
  readonly container: string;
  /** Where the archive is delivered by SFTP. */
  readonly drop: DropServer | null;
  readonly consent: () => Promise<void>;
  close(): Promise<void>;
};

export async function createInstallation(services: Services, plan: Plan): Promise<Installation> {
  const { urls } = services;
  const control = createControl(urls.control);
  const redisUrl = plan.queue === "redis" ? services.redisUrl : null;
  const [databaseUrl, , drop] = await Promise.all([
    services.newDatabase(),
    control("PUT", "/world", worldOf(plan)),
    plan.drop === null ? null : startDropServer(plan.drop),
  ]);
  const container = `seed-${randomBytes(6).toString("hex")}`;
  const env = {
    APP_MODE: "simulated",
    DATABASE_URL: databaseUrl,
    TELEMESSAGE_BASE_URL: urls.telemessage,
    GRAPH_BASE_URL: urls.graph,
    ENTRA_BASE_URL: urls.entra,
    AZURE_STORAGE_CONNECTION_STRING: services.storage,
    AZURE_STORAGE_CONTAINER: container,
    ENCRYPTION_KEYS: `chaos:${randomBytes(32).toString("base64")}`,
    NEXTAUTH_SECRET: randomBytes(32).toString("hex"),
    ...(redisUrl === null ? {} : { REDIS_URL: redisUrl }),
  };
  const config = loadConfig(env);
  const outside = createOutside(config, "portal");
  const ledger = openLedger(databaseUrl);
  const consent = () =>
    grantConsent(urls.entra, { tenantId, clientId: config.client.id, upn: administrator });
  await consent();
  const credentialId = uuid();
  const secrets = drop === null ? plan.password : secretsOf(drop);
  const sealed = outside.secretBox.seal(secrets, `credential:${tenantId}:${credentialId}`);
  await insertConnector(ledger, plan, credentialId, Buffer.from(sealed));
  if (drop !== null) await deliverBySftp(ledger, drop);
  return {
    ...{ env, ledger, control, container, consent, drop },
    connectorId: () => connectorIn(ledger),
    portal: openPortal(config, { ...outside, log: quiet }),
    async close() {
      await closeOutside(outside);
      await drop?.close();
      await ledger.close();
      await services.dropDatabase(databaseUrl);
    },
  };
}

const nothing = () => undefined;
/** What the portal complains of while it is struck is no news. */
const quiet = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** What the wizard's Finish leaves behind, some days ago. */
async function insertConnector(
  { rows }: Ledger,
  { cast, connector }: Plan,
  credentialId: string,
  ciphertext: Buffer,
): Promise<void> {
  const connectorId = uuid();
  const fileId = uuid();
  await rows(
    `INSERT INTO "Tenant" ("id", "defaultDomain") VALUES ($1, 'contoso.com') ON CONFLICT DO NOTHING`,
    [tenantId],
  );
  await rows(`INSERT INTO "Credential" ("tenantId", "id", "ciphertext") VALUES ($1, $2, $3)`, [
    ...[tenantId, credentialId, ciphertext],
  ]);
  await rows(
    `INSERT INTO "Connector" ("tenantId", "id", "name", "state", "sourceAccountId", "sourceAccountName",
       "sourceUsername", "credentialId", "timeOfDay", "zone", "automaticMapping", "messageDomain",
       "sizeLimitBytes", "finishedAt", "createdById", "updatedAt")
     VALUES ($1, $2, 'Chaos', 'ACTIVE', $3, 'Chaos', $4, $5, $6, 'UTC', true, 'contoso.com', $7, $8, $9, now())`,
    [
      ...[tenantId, connectorId, accountId, username, credentialId, connector.timeOfDay],
      ...[connector.sizeLimitBytes, connector.finishedAt, uuid()],
    ],
  );
  await rows(
    `INSERT INTO "MappingFile" ("tenantId", "id", "connectorId", "version", "state", "fileName", "sha256",
       "sizeBytes", "createdById")
     VALUES ($1, $2, $3, 1, 'CHECKED', 'mapping.csv', '', 0, $4)`,
    [tenantId, fileId, connectorId, uuid()],
  );
  const mapping = { isMappedLater: false, isMappedAnew: false };
  for (const [line, { mobile, upn }] of mappingLines(cast, mapping).entries()) {
    await rows(
      `INSERT INTO "MappingEntry" ("tenantId", "mappingFileId", "line", "externalId", "writtenAs", "mailboxAddress")
       VALUES ($1, $2, $3, $4, $4, $5)`,
      [tenantId, fileId, line + 2, mobile, upn],
    );
  }
  await rows(`UPDATE "Connector" SET "mappingFileId" = $2 WHERE "id" = $1`, [connectorId, fileId]);
  // The wizard does not ask for the limit: a connector made later has that of the world, too.
  const limit = String(connector.sizeLimitBytes);
  await rows(`ALTER TABLE "Connector" ALTER COLUMN "sizeLimitBytes" SET DEFAULT ${limit}`);
}

function secretsOf(drop: DropServer): string {
  return JSON.stringify({ password: null, privateKey: drop.privateKey(), passphrase: null });
}

/** As the wizard's "Login to TeleMessage" would have left it. */
async function deliverBySftp({ rows }: Ledger, drop: DropServer): Promise<void> {
  const { username: user, port, folder } = drop;
  await rows(
    `UPDATE "Connector" SET "delivery" = 'SFTP', "sourceAccountId" = $1, "sourceUsername" = $2,
       "sftpHost" = '127.0.0.1', "sftpPort" = $3, "sftpFolder" = $4, "sftpHostKey" = $5,
       "movesFinishedFiles" = $6`,
    [
      ...[`sftp://${user}@127.0.0.1:${port}${folder}`, user, port, folder],
      ...[drop.hostKey(), drop.movesFinishedFiles],
    ],
  );
}

async function connectorIn({ rows }: Ledger): Promise<string> {
  const [connector] = await rows<{ id: string }>(
    `SELECT "id" FROM "Connector" ORDER BY "state" = 'DELETED', "id" DESC LIMIT 1`,
  );
  if (connector === undefined) throw new Error("There is no connector");
  return connector.id;
}
