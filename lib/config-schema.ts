/** Which settings there are, what each may be, and which of them go together. */
import { z } from "zod";
import { count, databaseUrl, encryptionKeys, guid, httpsUrl, portalUrl } from "./config-values";
import {
  realServiceUrl,
  redisUrl,
  serviceUrl,
  strongSecret,
  text,
  webhookUrl,
} from "./config-values";

export type Mode = "simulated" | "production";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Both modes know the same settings; production leaves none of them to a default of ours. */
export function schemaFor(mode: Mode) {
  const real = mode === "production";
  return z.object({
    APP_MODE: z.enum(["simulated", "production"], "is neither simulated nor production").optional(),
    TELEMESSAGE_BASE_URL: real ? realServiceUrl : serviceUrl.default("http://127.0.0.1:4010"),
    GRAPH_BASE_URL: real
      ? realServiceUrl.default("https://graph.microsoft.com")
      : serviceUrl.default("http://127.0.0.1:4030"),
    ENTRA_BASE_URL: real
      ? realServiceUrl.default("https://login.microsoftonline.com")
      : serviceUrl.default("http://127.0.0.1:4020"),
    AZURE_TENANT_ID: real ? guid : guid.default("3f2c0d6e-0000-4000-8000-000000000001"),
    AZURE_CLIENT_ID: real ? guid : guid.default("7d1f6a52-0000-4000-8000-00000000c11e"),
    AZURE_CLIENT_SECRET: text.optional(),
    AZURE_CLIENT_CERTIFICATE_PATH: text.optional(),
    AZURE_STORAGE_CONNECTION_STRING: text
      .refine((value) => !real || !/DevelopmentStorage=|http:/i.test(value), "must use https")
      .refine((value) => !real || !/DefaultEndpointsProtocol=http;/i.test(value), "must use https")
      .refine(
        (value) => !real || !/AccountName=devstoreaccount1\b/i.test(value),
        "names the emulator's account, whose key everybody knows",
      )
      .optional(),
    AZURE_STORAGE_ACCOUNT_URL: (real ? httpsUrl : serviceUrl).optional(),
    AZURE_STORAGE_CONTAINER: text
      .regex(/^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/, "is not a container name")
      .default("whatsapp-archive-staging"),
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl.optional(),
    NEXTAUTH_URL: real ? portalUrl : serviceUrl.optional(),
    NEXTAUTH_SECRET: strongSecret,
    ENCRYPTION_KEYS: encryptionKeys,
    PORT: count(1, 65_535).default(3000),
    DATA_DIR: text.default(".data"),
    WORKERS: count(0, 64).default(1),
    GRAPH_MAX_IN_FLIGHT: count(1, 1024).default(64),
    STAGING_RETENTION_DAYS: count(1, 400).default(30),
    ZIP_MAX_UNPACKED_GB: count(1, 1024).default(10),
    ZIP_MAX_DENSITY: count(2, 1032).default(100),
    ZIP_MAX_ENTRIES: count(1, 4_000_000).default(1_000_000),
    ALARM_WEBHOOK_URL: webhookUrl.optional(),
    ALARM_WEBHOOK_SECRET: strongSecret.optional(),
    SUPERVISOR_PID: count(1, 2 ** 31 - 1).optional(),
    LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(", ")}`).default("info"),
  });
}

export type Settings = z.output<ReturnType<typeof schemaFor>>;

/** Rules about two settings together; a schema of single ones cannot say them. */
export function combinationProblems(env: Environment, mode: Mode): string[] {
  const problems: string[] = [];
  const connectionString = env["AZURE_STORAGE_CONNECTION_STRING"];
  const accountUrl = env["AZURE_STORAGE_ACCOUNT_URL"];
  if (!connectionString && !accountUrl) {
    problems.push("AZURE_STORAGE_CONNECTION_STRING or AZURE_STORAGE_ACCOUNT_URL is missing");
  }
  if (connectionString && accountUrl) {
    problems.push(
      "AZURE_STORAGE_CONNECTION_STRING and AZURE_STORAGE_ACCOUNT_URL exclude each other",
    );
  }
  const hasClientProof = env["AZURE_CLIENT_SECRET"] ?? env["AZURE_CLIENT_CERTIFICATE_PATH"];
  if (mode === "production" && !hasClientProof) {
    problems.push("AZURE_CLIENT_SECRET or AZURE_CLIENT_CERTIFICATE_PATH is missing");
  }
  if (mode === "production" && env["AZURE_CLIENT_SECRET"] === simulatedClientSecret) {
    problems.push("AZURE_CLIENT_SECRET is the simulator's");
  }
  if (Boolean(env["ALARM_WEBHOOK_URL"]) !== Boolean(env["ALARM_WEBHOOK_SECRET"])) {
    problems.push("ALARM_WEBHOOK_URL and ALARM_WEBHOOK_SECRET need each other");
  }
  return problems;
}

export const simulatedClientSecret = "simulated-client-secret";

export const logLevels = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof logLevels)[number];
