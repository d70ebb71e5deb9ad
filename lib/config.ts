/** The only reader of the environment: parsed once, frozen, and clear about everything it refuses. */
import type { z } from "zod";
import { combinationProblems, logLevels, schemaFor, simulatedClientSecret } from "./config-schema";
import type { Environment, LogLevel, Mode, Settings } from "./config-schema";

export type { Mode };

export type Config = {
  readonly mode: Mode;
  /** Hosts without a trailing slash; Graph's version is appended by whoever calls it. */
  readonly telemessageBaseUrl: string;
  readonly graphBaseUrl: string;
  readonly entraBaseUrl: string;
  readonly tenantId: string;
  readonly client: {
    readonly id: string;
    readonly secret: string | null;
    readonly certificatePath: string | null;
  };
  readonly storage: {
    readonly connectionString: string | null;
    readonly accountUrl: string | null;
    readonly container: string;
  };
  readonly databaseUrl: string;
  readonly redisUrl: string | null;
  readonly portalUrl: string;
  readonly sessionSecret: string;
  /** The first one seals, all of them open. */
  readonly encryptionKeys: readonly { readonly id: string; readonly key: Buffer }[];
  readonly port: number;
  readonly dataDir: string;
  readonly workers: number;
  readonly graphMaxInFlight: number;
  /** How long a staged original is kept after the last delivery of its item ended well. */
  readonly retentionDays: number;
  /** What a delivered ZIP may hold at most. */
  readonly delivered: {
    readonly unpackedBytes: number;
    /** times the size of the ZIP */
    readonly density: number;
    readonly entries: number;
  };
  /** Where alarms go besides the log, and the secret they are signed with; null: to the log alone. */
  readonly alarmWebhook: { readonly url: string; readonly secret: string } | null;
  readonly supervisorPid: number | null;
  readonly logLevel: LogLevel;
};

/** Names every setting that cannot be used, and never shows a value: most of them are secrets. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(readonly problems: readonly string[]) {
    super(
      `These settings have to be corrected:\n${problems.map((line) => `  ${line}`).join("\n")}`,
    );
  }
}

let known: Config | undefined;

export function config(): Config {
  known ??= loadConfig(process.env);
  return known;
}

export function loadConfig(env: Environment): Config {
  const given = withoutBlanks(env);
  const mode = modeOf(given);
  const settings = schemaFor(mode).safeParse(given);
  const problems = [
    ...firstOfEach(settings.error?.issues ?? []),
    ...combinationProblems(given, mode),
  ];
  if (!settings.success || problems.length > 0) throw new ConfigError(problems);
  return freeze(toConfig(mode, settings.data));
}

/** One complaint per setting is enough to mend it. */
function firstOfEach(issues: readonly z.core.$ZodIssue[]): string[] {
  const names = new Set(issues.map((issue) => issue.path.join(".")));
  return [...names].map((name) => {
    const first = issues.find((issue) => issue.path.join(".") === name);
    return `${name} ${first?.message ?? ""}`;
  });
}

/** What `npm start` runs when nobody says: simulated, until one real service is configured. */
export function modeOf(env: Environment): Mode {
  if (env["APP_MODE"] === "production" || env["APP_MODE"] === "simulated") return env["APP_MODE"];
  return Object.entries(env).some(([name, value]) => value && choosesProduction(name))
    ? "production"
    : "simulated";
}

/** Read apart from the rest, so that a log line about a broken setting can be written at all. */
export function configuredLogLevel(): LogLevel {
  return logLevels.find((level) => level === process.env["LOG_LEVEL"]) ?? "info";
}

function choosesProduction(name: string): boolean {
  return name.startsWith("AZURE_STORAGE_") || realServiceSettings.has(name);
}

const realServiceSettings = new Set([
  "TELEMESSAGE_BASE_URL",
  "GRAPH_BASE_URL",
  "ENTRA_BASE_URL",
  "AZURE_CLIENT_ID",
  "AZURE_CLIENT_SECRET",
  "AZURE_CLIENT_CERTIFICATE_PATH",
]);

function toConfig(mode: Mode, settings: Settings): Config {
  const certificatePath = settings.AZURE_CLIENT_CERTIFICATE_PATH ?? null;
  const secret = settings.AZURE_CLIENT_SECRET ?? null;
  const { ALARM_WEBHOOK_URL: alarmUrl, ALARM_WEBHOOK_SECRET: alarmSecret } = settings;
  const isProofless = secret === null && certificatePath === null;
  return {
    mode,
    telemessageBaseUrl: settings.TELEMESSAGE_BASE_URL,
    graphBaseUrl: settings.GRAPH_BASE_URL,
    entraBaseUrl: settings.ENTRA_BASE_URL,
    tenantId: settings.AZURE_TENANT_ID.toLowerCase(),
    client: {
      id: settings.AZURE_CLIENT_ID.toLowerCase(),
      secret: isProofless ? simulatedClientSecret : secret,
      certificatePath,
    },
    storage: {
      connectionString: settings.AZURE_STORAGE_CONNECTION_STRING ?? null,
      accountUrl: settings.AZURE_STORAGE_ACCOUNT_URL ?? null,
      container: settings.AZURE_STORAGE_CONTAINER,
    },
    databaseUrl: settings.DATABASE_URL,
    redisUrl: settings.REDIS_URL ?? null,
    portalUrl: settings.NEXTAUTH_URL ?? `http://localhost:${settings.PORT}`,
    sessionSecret: settings.NEXTAUTH_SECRET,
    encryptionKeys: settings.ENCRYPTION_KEYS,
    port: settings.PORT,
    dataDir: settings.DATA_DIR,
    workers: settings.WORKERS,
    graphMaxInFlight: settings.GRAPH_MAX_IN_FLIGHT,
    retentionDays: settings.STAGING_RETENTION_DAYS,
    delivered: {
      unpackedBytes: settings.ZIP_MAX_UNPACKED_GB * 1024 ** 3,
      density: settings.ZIP_MAX_DENSITY,
      entries: settings.ZIP_MAX_ENTRIES,
    },
    alarmWebhook:
      alarmUrl !== undefined && alarmSecret !== undefined
        ? { url: alarmUrl, secret: alarmSecret }
        : null,
    supervisorPid: settings.SUPERVISOR_PID ?? null,
    logLevel: settings.LOG_LEVEL,
  };
}

/** An empty setting is one that somebody cleared, not one that somebody chose. */
function withoutBlanks(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim()));
}

function freeze(whole: Config): Config {
  Object.freeze(whole.client);
  Object.freeze(whole.storage);
  Object.freeze(whole.alarmWebhook);
  Object.freeze(whole.delivered);
  whole.encryptionKeys.forEach((entry) => Object.freeze(entry));
  Object.freeze(whole.encryptionKeys);
  return Object.freeze(whole);
}
