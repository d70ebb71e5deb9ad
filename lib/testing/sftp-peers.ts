/** What stands between us and an SFTP server, or in its place: peers that delay, cut, stall, or speak something else. */
import { connect, createServer, type Server, type Socket } from "node:net";

type Address = { readonly host: string; readonly port: number };

export type Relay = {
  readonly address: Address;
  /** From now on nothing is passed on any more, and nobody is told. */
  stall(): void;
  close(): Promise<void>;
};

export async function startRelay(
  port: number,
  more: { readonly delayMs?: number; readonly cutAfterBytes?: number } = {},
): Promise<Relay> {
  const { delayMs = 0, cutAfterBytes = Infinity } = more;
  const sockets = new Set<Socket>();
  let isStalled = false;
  const server = createServer((near) => {
    const far = connect({ host: "127.0.0.1", port });
    let passed = 0;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        near.destroy();
        far.destroy();
      });
    }
    near.on("data", (bytes) => {
      if (!isStalled) far.write(bytes);
    });
    far.on("data", (bytes) => {
      passed += bytes.length;
      if (passed > cutAfterBytes) near.destroy();
      else if (!isStalled) setTimeout(() => near.write(bytes), delayMs);
    });
  });
  return {
    address: await listen(server),
    stall() {
      isStalled = true;
    },
    close: () => close(server, sockets),
  };
}

/** Accepts everybody and says the same to all. */
export async function startStranger(words: string): Promise<Pick<Relay, "address" | "close">> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.write(words);
  });
  return { address: await listen(server), close: () => close(server, sockets) };
}

function listen(server: Server): Promise<Address> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      if (address === null || typeof address === "string") return reject(new Error("No port"));
      resolve({ host: "127.0.0.1", port: address.port });
    });
  });
}

function close(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}
