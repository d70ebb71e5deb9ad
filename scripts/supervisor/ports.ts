/** Loopback ports: which are free, and one that nobody has. */
import { createServer } from "node:net";

export async function isPortFree(port: number, host = "127.0.0.1"): Promise<boolean> {
  return (await listenOnce(port, host)) !== null;
}

export async function freePort(): Promise<number> {
  const port = await listenOnce(0, "127.0.0.1");
  if (port === null) throw new Error("This machine gives out no loopback port.");
  return port;
}

/** Several at once are held together, or the system might hand out the same one twice. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0, "127.0.0.1")));
  const ports = servers.map((server) => portOf(server));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function listenOnce(port: number, host: string): Promise<number | null> {
  const server = await listen(port, host).catch((error: NodeJS.ErrnoException) => {
    // A machine without IPv6 has no such address to be taken.
    if (error.code === "EADDRNOTAVAIL" || error.code === "EAFNOSUPPORT") return "absent" as const;
    return null;
  });
  if (server === "absent") return port;
  if (server === null) return null;
  const bound = portOf(server);
  await new Promise((resolve) => server.close(resolve));
  return bound;
}

function listen(port: number, host: string) {
  return new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host, exclusive: true }, () => {
      resolve(server);
    });
  });
}

function portOf(server: ReturnType<typeof createServer>): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Not a TCP port.");
  return address.port;
}
