import type { Server as HttpServer } from "node:http";
import type { AddressInfo, Server } from "node:net";
import { controlDoor } from "./control";
import { defaultWorld } from "./default-world";
import { entraDoor } from "./entra";
import { createSigningKey } from "./entra/signing-key";
import { graphDoor } from "./graph";
import type { Service } from "./http/reply";
import { createDoorServer, type Door } from "./http/serve";
import { portVariables, readSettings, sftpPortVariable, type Environment } from "./settings";
import { sftpDoor } from "./sftp/door";
import { createSimulation } from "./simulation";
import { BlobStore } from "./state/blobs";
import type { Clock } from "./state/clock";
import { telemessageDoor } from "./telemessage";
import type { WorldInput } from "./world";

export type StartOptions = {
  readonly env?: Environment;
  /** Instead of those that the environment names; 0 takes any free port. */
  readonly ports?: Partial<Record<Service | "sftp", number>>;
  readonly clock?: Clock;
  /** Instead of the default world. */
  readonly world?: WorldInput;
};

export type RunningSimulator = {
  readonly urls: Readonly<Record<Service, string>>;
  readonly ports: Readonly<Record<Service, number>>;
  /** Where the same archive is delivered as files. */
  readonly sftp: { readonly host: string; readonly port: number };
  close(): Promise<void>;
};

const host = "127.0.0.1";
const services = ["telemessage", "entra", "graph", "control"] as const;

/** Starts the four services and the drop on loopback. Throws if one of the ports cannot be had. */
export async function startSimulator(options: StartOptions = {}): Promise<RunningSimulator> {
  const settings = readSettings(options.env ?? {});
  const clock = options.clock ?? Date.now;
  const blobs = await BlobStore.open(settings.dataFolder);
  const ground = { clock, settings, signingKey: await createSigningKey(), blobs };
  const world = options.world ?? defaultWorld(settings.tenantId, clock());
  const simulation = await createSimulation(ground, world);
  const doors: Record<Service, Door> = {
    telemessage: telemessageDoor(simulation),
    entra: entraDoor(simulation),
    graph: graphDoor(simulation),
    control: controlDoor(simulation),
  };

  const servers: HttpServer[] = [];
  const drop = sftpDoor(simulation);
  const close = async () => {
    await Promise.all([...servers.map(closeServer), drop.close()]);
    await blobs.close();
  };
  const { sftp: sftpPort = settings.sftpPort, ...given } = options.ports ?? {};
  const ports: Record<Service, number> = { ...settings.ports, ...given };
  try {
    for (const service of services) {
      const server = createDoorServer(doors[service], simulation);
      ports[service] = await listen(server, portVariables[service], ports[service]);
      servers.push(server);
      simulation.urls[service] = `http://${host}:${ports[service]}`;
    }
    simulation.sftpPort = await listenForSftp(drop.server, sftpPort);
  } catch (thrown) {
    await close();
    throw thrown;
  }
  const sftp = { host, port: simulation.sftpPort };
  return { urls: { ...simulation.urls }, ports, sftp, close };
}

const usualSftpPort = 4050;

/** Whoever starts several simulators names the ports he knows of; none of them fails for this one. */
async function listenForSftp(server: Server, port: number | undefined): Promise<number> {
  if (port !== undefined) return listen(server, sftpPortVariable, port);
  return listen(server, sftpPortVariable, usualSftpPort).catch(() =>
    listen(server, sftpPortVariable, 0),
  );
}

function listen(server: Server, variable: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "is already in use" : `failed (${error.code})`;
      const advice = `Set ${variable} to a free port.`;
      reject(new Error(`The simulator cannot listen: port ${port} ${reason}. ${advice}`));
    };
    server.once("error", failed);
    server.listen(port, host, () => {
      server.off("error", failed);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function closeServer(server: HttpServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
