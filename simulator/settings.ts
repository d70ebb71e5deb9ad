import { join } from "node:path";
import type { Service } from "./http/reply";

export const defaultTenantId = "3f2c0d6e-0000-4000-8000-000000000001";

/** What the simulator is told from outside. Everything has a default. */
export type Settings = {
  readonly ports: Readonly<Record<Service, number>>;
  /** Left open, it is the usual one, or any other while that is taken. */
  readonly sftpPort: number | undefined;
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** PEM of the certificate whose assertions are accepted beside the secret. */
  readonly certificatePath: string | undefined;
  /** Reply addresses beside those on loopback. */
  readonly redirectUris: readonly string[];
  readonly dataFolder: string;
};

export type Environment = Readonly<Record<string, string | undefined>>;

export const portVariables: Readonly<Record<Service, string>> = {
  telemessage: "SIM_TELEMESSAGE_PORT",
  entra: "SIM_ENTRA_PORT",
  graph: "SIM_GRAPH_PORT",
  control: "SIM_CONTROL_PORT",
};

export const sftpPortVariable = "SIM_SFTP_PORT";

export function readSettings(env: Environment): Settings {
  return {
    ports: {
      telemessage: readPort(env, portVariables.telemessage) ?? 4010,
      entra: readPort(env, portVariables.entra) ?? 4020,
      graph: readPort(env, portVariables.graph) ?? 4030,
      control: readPort(env, portVariables.control) ?? 4040,
    },
    sftpPort: readPort(env, sftpPortVariable),
    tenantId: given(env, "AZURE_TENANT_ID") ?? defaultTenantId,
    clientId: given(env, "AZURE_CLIENT_ID") ?? "7d1f6a52-0000-4000-8000-00000000c11e",
    clientSecret: given(env, "AZURE_CLIENT_SECRET") ?? "simulated-client-secret",
    certificatePath: given(env, "AZURE_CLIENT_CERTIFICATE_PATH"),
    redirectUris: (given(env, "SIM_REDIRECT_URIS") ?? "").split(/[\s,]+/).filter(Boolean),
    dataFolder: join(given(env, "DATA_DIR") ?? ".data", "simulator"),
  };
}

function given(env: Environment, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

function readPort(env: Environment, name: string): number | undefined {
  const text = given(env, name);
  if (text === undefined) return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new Error(`${name} is "${text}", which is not a port number.`);
  }
  return port;
}
