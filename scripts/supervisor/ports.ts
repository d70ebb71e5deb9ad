/** Loopback ports: which are free, and some that nobody has. */
import { createServer, type Server } from "node:net";

export type PortTrouble = "taken" | "forbidden";

/** Why nobody could listen there, or null when one can. "::" stands for every address of the machine. */
export async function portTrouble(port: number, host: string): Promise<PortTrouble | null> {
  try {
    await close(await listen(port, host));
    return null;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A machine without IPv6 has no such address, so nobody can have taken it.
    if (code === "EADDRNOTAVAIL" || code === "EAFNOSUPPORT") return null;
    return code === "EACCES" ? "forbidden" : "taken";
  }
}

export async function isPortFree(port: number): Promise<boolean> {
  return (await portTrouble(port, "127.0.0.1")) === null;
}

/** Held together before they are given out, or the system might name the same one twice. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(0, "127.0.0.1")));
  const ports = servers.map(portOf);
  await Promise.all(servers.map(close));
  return ports;
}

function listen(port: number, host: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen({ port, host, exclusive: true }, () => {
      resolve(server);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("Not a TCP port.");
  return address.port;
}
