import { createServer, type Server, type Socket } from "node:net";
import type { Simulation } from "../simulation";
import { lazily } from "./lazily";

export type SftpDoor = { readonly server: Server; readonly close: () => Promise<void> };

/** Where the drop is reached. What it takes to speak SSH is loaded when somebody comes. */
export function sftpDoor(simulation: Simulation): SftpDoor {
  const sockets = new Set<Socket>();
  const ssh = lazily(async () => {
    const { createSshServer } = await import("./server");
    return createSshServer(simulation);
  });
  // Every answer waits for the client's acknowledgement otherwise.
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => socket.destroy());
    ssh().then(
      (each) => each.injectSocket(socket),
      (thrown: unknown) => {
        process.stderr.write(`sftp: ${String(thrown)}\n`);
        socket.destroy();
      },
    );
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.destroy();
    });
  return { server, close };
}
