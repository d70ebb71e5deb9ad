/** Loopback ports: which are free, and some that nobody has. */
import { connect, createServer, type Server } from "node:net";

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

/** Asked by connecting: whoever tried to listen there could take the port from the program that is about to. */
export function isAnswering(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    const end = (answers: boolean) => () => {
      socket.destroy();
      resolve(answers);
    };
    socket.once("connect", end(true)).once("error", end(false));
  });
}

/**
 * Below the span from which the system takes ports for outgoing connections: a port of that span may
 * be somebody's connection by the time a server wants it. None of these is refused by a browser.
 */
const givenOut = { from: 15_000, count: 17_000 } as const;

/** Processes that start at the same time begin far enough apart; each goes on where it left off. */
let next = process.pid * 25;

/** Held together before they are given out, or the same one might be named twice. */
export async function freePorts(count: number): Promise<number[]> {
  const servers: Server[] = [];
  while (servers.length < count) {
    const port = givenOut.from + (next % givenOut.count);
    next += 1;
    try {
      servers.push(await listen(port, "127.0.0.1"));
    } catch {
      // Somebody's already; there are thousands of others.
    }
  }
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
