/** Microsoft's storage emulator, with an account of its own: two clones shall not share the well-known key. */
import type { ChildProcess } from "node:child_process";
import { createRequire } from "node:module";
import { launch } from "./processes";

export type AzuriteAccount = { readonly name: string; readonly key: string };

export function launchAzurite(
  account: AzuriteAccount,
  port: number,
  location: string,
  logFile: string,
  env: NodeJS.ProcessEnv,
): ChildProcess {
  const program = createRequire(import.meta.url).resolve("azurite/dist/src/blob/main.js");
  return launch({
    command: process.execPath,
    args: [
      ...[program, "--silent", "--disableTelemetry", "--skipApiVersionCheck"],
      ...["--blobHost", "127.0.0.1", "--blobPort", String(port), "--location", location],
    ],
    env: { ...env, AZURITE_ACCOUNTS: `${account.name}:${account.key}` },
    logFile,
  });
}

export function storageConnectionString({ name, key }: AzuriteAccount, port: number): string {
  return `DefaultEndpointsProtocol=http;AccountName=${name};AccountKey=${key};BlobEndpoint=http://127.0.0.1:${port}/${name};`;
}
