/** What stands between us and an SFTP server, or in its place: peers that delay, cut, stall, or speak something else. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

type Address = { readonly host: string; readonly port: number };

export type Manner = {
  readonly delayMs?: number;
  /** of every connection, from the server */
  readonly bytesPerSecond?: number;
  /** of every connection, from the server */
  readonly cutAfterBytes?: number;
};

export type Relay = {
  readonly address: Address;
  /** From now on nothing is passed on, and nobody is told. */
  stall(): void;
  goOn(): void;
  /** Every connection there is. */
  cut(): void;
  /** Connections from now on; bytes, also of those there are. */
  behave(manner: Manner): void;
  /** How many connections there are. */
  open(): number;
  /** What the server has sent, over all connections. */
  passed(): number;
  close(): Promise<void>;
};

export async function startRelay(port: number, first: Manner = {}): Promise<Relay> {
  const sockets = new Set<Socket>();
  const near = new Set<Socket>();
  let manner = first;
  let isStalled = false;
  let passedInAll = 0;
  const server = createServer((client) => {
    const far = connect({ host: "127.0.0.1", port });
    let passed = 0;
    let sending = Promise.resolve();
    near.add(client);
    for (const socket of [client, far]) {
      sockets.add(socket);
      if (isStalled) socket.pause();
      socket.on("error", () => undefined);
      socket.on("close", () => {
        for (const each of [client, far]) {
          each.destroy();
          sockets.delete(each);
        }
        near.delete(client);
      });
    }
    client.on("data", (bytes) => far.write(bytes));
    far.on("data", (bytes) => {
      const { delayMs = 0, bytesPerSecond = Infinity, cutAfterBytes = Infinity } = manner;
      passed += bytes.length;
      passedInAll += bytes.length;
      if (passed > cutAfterBytes) return client.destroy();
      // In their order, also where the one before had to wait for longer.
      const dueAt = performance.now() + delayMs;
      sending = sending.then(async () => {
        const leftMs = dueAt - performance.now();
        if (leftMs > 0) await sleep(leftMs);
        client.write(bytes);
      });
      if (bytesPerSecond === Infinity) return;
      far.pause();
      setTimeout(() => isStalled || far.resume(), (bytes.length / bytesPerSecond) * 1000);
    });
  });
  return {
    address: await listen(server),
    stall() {
      isStalled = true;
      for (const socket of sockets) socket.pause();
    },
    goOn() {
      isStalled = false;
      for (const socket of sockets) socket.resume();
    },
    cut() {
      for (const socket of sockets) socket.destroy();
    },
    behave(next) {
      manner = next;
    },
    open: () => near.size,
    passed: () => passedInAll,
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
