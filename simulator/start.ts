import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { controlDoor } from "./control";
import { defaultWorld } from "./default-world";
import { entraDoor } from "./entra";
import { createSigningKey } from "./entra/signing-key";
import { graphDoor } from "./graph";
import type { Service } from "./http/reply";
import { createDoorServer, type Door } from "./http/serve";
import { portVariables, readSettings, type Environment } from "./settings";
import { createSimulation } from "./simulation";
import { BlobStore } from "./state/blobs";
import type { Clock } from "./state/clock";
import { telemessageDoor } from "./telemessage";
import type { WorldInput } from "./world";

export type StartOptions = {
  readonly env?: Environment;
  /** Instead of those that the environment names; 0 takes any free port. */
  readonly ports?: Partial<Record<Service, number>>;
  readonly clock?: Clock;
  /** Instead of the default world. */
  readonly world?: WorldInput;
};

export type RunningSimulator = {
  readonly urls: Readonly<Record<Service, string>>;
  readonly ports: Readonly<Record<Service, number>>;
  close(): Promise<void>;
};

const host = "127.0.0.1";
const services = ["telemessage", "entra", "graph", "control"] as const;

/** Starts the four services on loopback. Throws if one of the ports cannot be had. */
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

  const servers: Server[] = [];
  const close = async () => {
    await Promise.all(servers.map(closeServer));
    await blobs.close();
  };
  const ports: Record<Service, number> = { ...settings.ports, ...options.ports };
  try {
    for (const service of services) {
      const server = createDoorServer(doors[service], simulation);
      ports[service] = await listen(server, service, ports[service]);
      servers.push(server);
      simulation.urls[service] = `http://${host}:${ports[service]}`;
    }
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { urls: { ...simulation.urls }, ports, close };
}

function listen(server: Server, service: Service, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      const reason = error.code === "EADDRINUSE" ? "is already in use" : `failed (${error.code})`;
      const advice = `Set ${portVariables[service]} to a free port.`;
      reject(new Error(`The simulator cannot listen: port ${port} ${reason}. ${advice}`));
    });
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
