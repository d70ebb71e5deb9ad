/** The environment of the tests: nothing of the product's settings on this machine reaches them. */
import { join, relative } from "node:path";

const productSettings = [
  ...["APP_MODE", "TELEMESSAGE_BASE_URL", "GRAPH_BASE_URL", "ENTRA_BASE_URL", "LOG_LEVEL"],
  ...["AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_CLIENT_CERTIFICATE_PATH"],
  ...["AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCOUNT_URL", "AZURE_STORAGE_CONTAINER"],
  ...["DATABASE_URL", "REDIS_URL", "NEXTAUTH_URL", "NEXTAUTH_SECRET", "ENCRYPTION_KEYS"],
  ...[
    "PORT",
    "DATA_DIR",
    "WORKERS",
    "GRAPH_MAX_IN_FLIGHT",
    "STAGING_RETENTION_DAYS",
    "ZIP_MAX_UNPACKED_GB",
    "ZIP_MAX_DENSITY",
    "ZIP_MAX_ENTRIES",
    "ALARM_WEBHOOK_URL",
    "ALARM_WEBHOOK_SECRET",
    "SUPERVISOR_PID",
  ],
  ...["SIM_TELEMESSAGE_PORT", "SIM_ENTRA_PORT", "SIM_GRAPH_PORT", "SIM_CONTROL_PORT"],
];

/** Emptied, not left out: a file of settings in the project would fill in what is absent. */
export function testEnvironment(given: NodeJS.ProcessEnv, testDir: string): NodeJS.ProcessEnv {
  const { NODE_ENV: _ignored, FORCE_COLOR: _forced, ...inherited } = given;
  return {
    ...inherited,
    ...Object.fromEntries(productSettings.map((name) => [name, ""])),
    NEXT_DIST_DIR: relative(process.cwd(), join(testDir, "next")),
    NEXT_TELEMETRY_DISABLED: "1",
    CHECKPOINT_DISABLE: "1",
    NO_COLOR: "1",
    TEST_DIR: testDir,
  } as unknown as NodeJS.ProcessEnv;
}
