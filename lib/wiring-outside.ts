/** The services a process talks to: their ports meet their adapters here. */
import { randomBytes } from "node:crypto";
import { v7 as uuid } from "uuid";
import { createHttp } from "./adapters/http";
import { createAttachments } from "./adapters/microsoft365/attachments";
import { createConsent } from "./adapters/microsoft365/consent";
import { createDirectory } from "./adapters/microsoft365/directory";
import { createGraph } from "./adapters/microsoft365/graph";
import { createMailboxes } from "./adapters/microsoft365/mailboxes";
import { createAppTokens } from "./adapters/microsoft365/token";
import { createDatabase, type Database } from "./adapters/postgres/client";
import { createPortalStore } from "./adapters/postgres/portal";
import { createSyncStore } from "./adapters/postgres/sync-store";
import { createRunQueue } from "./adapters/run-queue";
import { createSecretBox } from "./adapters/secret-box";
import { createSftp, type Sftp } from "./adapters/sftp/source";
import { createTelemessage, type Telemessage } from "./adapters/telemessage/api";
import type { Config } from "./config";
import { logger } from "./logger";
import type { Clock } from "./ports/runtime";
import type { Source } from "./ports/source";
import { createAlarmWatch } from "./wiring-alarms";

/** Of the budget of 20 connections a worker and 15 the portal may hold; the queue has the rest. */
export const storeConnections = { worker: 8, portal: 10 } as const;

/** For look-ups, sign-ins, the directory and attachments, beside the writes that are counted. */
const connectionsBeside = 64;

const clock: Clock = { now: () => new Date() };

export type Outside = ReturnType<typeof createOutside>;

/** Everything that is not ours: the services this process talks to. */
export function createOutside(config: Config, role: keyof typeof storeConnections) {
  const { telemessageBaseUrl, graphBaseUrl, entraBaseUrl, tenantId, client } = config;
  const http = createHttp({
    allow: [telemessageBaseUrl, graphBaseUrl, entraBaseUrl],
    // Graph names the address a large attachment is sent to; the simulator's is its own.
    ...(config.mode === "production" ? { allowBelow: ["office.com", "office365.com"] } : {}),
    // Requests wait for our own slots, never for a connection.
    maxConnections: config.graphMaxInFlight + connectionsBeside,
  });
  const tokens = createAppTokens({
    tenantId,
    clientId: client.id,
    secret: client.secret,
    certificatePath: client.certificatePath,
    ...{ entraBaseUrl, http, clock },
  });
  const graph = createGraph({ graphBaseUrl, tokens, http });
  const database: Database = createDatabase({
    connectionString: config.databaseUrl,
    max: storeConnections[role],
  });
  const { databaseUrl, redisUrl } = config;
  const sftp = createSftp({
    ...{ mayReachItself: config.mode === "simulated", limits: config.delivered },
  });
  const log = logger(role);
  return {
    http,
    database,
    log,
    clock,
    queue: createRunQueue({ databaseUrl, redisUrl, log }),
    secretBox: createSecretBox(config.encryptionKeys),
    source: chooseSource(createTelemessage({ baseUrl: telemessageBaseUrl, http, clock }), sftp),
    readHostKey: sftp.hostKey,
    directory: createDirectory({ graph, clock }),
    destination: {
      ...createMailboxes({ graph, clock }),
      ...createAttachments({ graph, http, clock }),
    },
    consentProvider: createConsent({
      ...{ entraBaseUrl, tenantId, tokens },
      clientId: client.id,
      portalUrl: config.portalUrl,
    }),
    portalStore: createPortalStore(database),
    syncStore: createSyncStore(database),
    alarms: createAlarmWatch(config, { database, clock, log }),
    newId: () => uuid(),
    newSecret: () => randomBytes(32).toString("base64url"),
  };
}

/** A credential says which of the two it opens. */
function chooseSource(api: Telemessage, sftp: Sftp): Source {
  return {
    signIn: (credential, signal) =>
      credential.delivery === "API"
        ? api.signIn(credential, signal)
        : sftp.signIn(credential, signal),
    open: (credential, ledger) =>
      credential.delivery === "API" ? api.open(credential) : sftp.open(credential, ledger),
  };
}

export async function closeOutside({ queue, database, http, alarms }: Outside): Promise<void> {
  await queue.close();
  await database.close();
  http.close();
  alarms.close();
}
