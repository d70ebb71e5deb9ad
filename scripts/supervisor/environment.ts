/** The one place where the parts' environment comes from, so that all of them agree. */
import { resolve } from "node:path";
import { modeOf, type Mode } from "../../lib/config";
import { storageConnectionString } from "./azurite";
import type { InnerPorts, Secrets } from "./data-dir";
import { databaseUrl } from "./postgres";
import { Refusal } from "./refusal";

export type Setup = {
  readonly mode: Mode;
  readonly dataDir: string;
  readonly port: number;
  /** Null when the parts are not ours to start. */
  readonly simulator: SimulatorPorts | null;
  /** Of the simulator's SFTP drop, where somebody named one; else it finds one itself. */
  readonly sftpPort: number | null;
  readonly hasOwnDatabase: boolean;
  readonly hasOwnStorage: boolean;
};

export type SimulatorPorts = Record<"telemessage" | "entra" | "graph" | "control", number>;

/** What can be said before anything is made: where, which ports, and which parts are ours. */
export function setupOf(env: NodeJS.ProcessEnv): Setup {
  const mode = modeOf(env);
  const isSimulated = mode === "simulated";
  return {
    mode,
    dataDir: resolve(env["DATA_DIR"]?.trim() || ".data"),
    port: portOf(env, "PORT", 3000),
    simulator: isSimulated
      ? {
          telemessage: portOf(env, "SIM_TELEMESSAGE_PORT", 4010),
          entra: portOf(env, "SIM_ENTRA_PORT", 4020),
          graph: portOf(env, "SIM_GRAPH_PORT", 4030),
          control: portOf(env, "SIM_CONTROL_PORT", 4040),
        }
      : null,
    sftpPort: isSimulated ? portOf(env, "SIM_SFTP_PORT", 0) || null : null,
    hasOwnDatabase: isSimulated && !env["DATABASE_URL"]?.trim(),
    hasOwnStorage:
      isSimulated &&
      !env["AZURE_STORAGE_CONNECTION_STRING"]?.trim() &&
      !env["AZURE_STORAGE_ACCOUNT_URL"]?.trim(),
  };
}

/** The settings given, with what we make ourselves put in where nothing was given. */
export function partEnvironment(
  given: NodeJS.ProcessEnv,
  setup: Setup,
  secrets: Secrets,
  ports: InnerPorts,
): NodeJS.ProcessEnv {
  // The parts set it themselves where they need it, and nothing of ours may read it.
  const { NODE_ENV: _ignored, ...inherited } = given;
  const own = setup.mode === "simulated" ? ownSettings(setup, secrets, ports) : {};
  return {
    ...inherited,
    ...Object.fromEntries(Object.entries(own).filter(([name]) => !given[name]?.trim())),
    APP_MODE: setup.mode,
    DATA_DIR: setup.dataDir,
    PORT: String(setup.port),
    SUPERVISOR_PID: String(process.pid),
    NEXT_TELEMETRY_DISABLED: "1",
    CHECKPOINT_DISABLE: "1",
  } as unknown as NodeJS.ProcessEnv;
}

function ownSettings(
  { port, simulator, hasOwnDatabase, hasOwnStorage }: Setup,
  secrets: Secrets,
  ports: InnerPorts,
): Record<string, string> {
  const database = databaseUrl(ports.postgres, secrets.databasePassword, "archiver");
  const storage = storageConnectionString(secrets.storageAccount, ports.azurite);
  return {
    NEXTAUTH_URL: `http://localhost:${port}`,
    NEXTAUTH_SECRET: secrets.sessionSecret,
    ENCRYPTION_KEYS: secrets.encryptionKeys,
    ...(hasOwnDatabase ? { DATABASE_URL: database } : {}),
    ...(hasOwnStorage ? { AZURE_STORAGE_CONNECTION_STRING: storage } : {}),
    ...(simulator ? simulatorAddresses(simulator) : {}),
  };
}

function simulatorAddresses(simulator: SimulatorPorts): Record<string, string> {
  return {
    TELEMESSAGE_BASE_URL: `http://127.0.0.1:${simulator.telemessage}`,
    ENTRA_BASE_URL: `http://127.0.0.1:${simulator.entra}`,
    GRAPH_BASE_URL: `http://127.0.0.1:${simulator.graph}`,
    SIM_TELEMESSAGE_PORT: String(simulator.telemessage),
    SIM_ENTRA_PORT: String(simulator.entra),
    SIM_GRAPH_PORT: String(simulator.graph),
    SIM_CONTROL_PORT: String(simulator.control),
  };
}

/** The simulator is a stranger like the real services: it gets no key and no database of ours. */
export function simulatorEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const {
    NEXTAUTH_SECRET: _session,
    ENCRYPTION_KEYS: _keys,
    DATABASE_URL: _database,
    AZURE_STORAGE_CONNECTION_STRING: _storage,
    ...rest
  } = env;
  return rest;
}

function portOf(env: NodeJS.ProcessEnv, name: string, fallback: number): number {
  const text = env[name]?.trim();
  if (!text) return fallback;
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Refusal(`${name} is not a port: set it to a number from 1 to 65535.`);
}
