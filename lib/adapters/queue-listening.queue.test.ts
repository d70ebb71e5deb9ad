/** The connections on which a worker listens break at the worst moments there are. */
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { v7 as uuid } from "uuid";
import type { Log } from "@/lib/ports/runtime";
import { createTestSchema } from "@/lib/testing/database";
import { createRunQueue, startQueueWorkers } from "./run-queue";

type Strike = "refused" | "cut as it begins";

test.each<[string, Strike[]]>([
  ["is cut as it begins to listen", ["cut as it begins", "cut as it begins"]],
  [
    "breaks, and the next one is cut as it begins to listen",
    ["refused", "refused", "cut as it begins", "cut as it begins"],
  ],
])(
  "a worker hears of jobs again after its connection %s",
  async (_name, strikes) => {
    const database = await createTestSchema();
    onTestFinished(() => database.drop());
    const door = await createDoor(database.url, strikes);
    const taken: string[] = [];
    const workers = startQueueWorkers({
      ...{ redisUrl: null, databaseUrl: door.url, log, signal: new AbortController().signal },
      ...{ transfer: async () => undefined, concurrency: { transfer: 1, lane: 1 } },
      lane: async (id) => void taken.push(id),
    });
    onTestFinished(() => workers.close());
    await workers.started;
    await expect.poll(door.listens, { timeout: 25_000 }).toBeGreaterThan(strikes.length);
    const queue = createRunQueue({ redisUrl: null, databaseUrl: database.url, log });
    onTestFinished(() => queue.close());
    const lane = uuid();
    await queue.pokeLanes([lane]);
    await expect.poll(() => taken, { timeout: 25_000 }).toEqual([lane]);
  },
  58_000,
);

/** Before the database: strikes the first connections of those that begin to listen. */
async function createDoor(target: string, strikes: readonly Strike[]) {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let listens = 0;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    let strike: Strike | undefined;
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => [near, far].forEach((each) => each.destroy()));
    }
    near.on("data", (asked: Buffer) => {
      if (/^LISTEN bullmq_jobs/m.test(asked.toString("latin1"))) {
        strike = strikes[listens];
        listens += 1;
      }
      if (strike === "refused") near.destroy();
      else far.write(asked);
    });
    far.on("data", (answer: Buffer) => {
      if (strike === undefined) near.write(answer);
      // One piece: whoever reads it is told of the end before it can do anything with the answer.
      else near.end(Buffer.concat([answer, terminated]));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const own = (server.address() as AddressInfo).port;
  return {
    url: Object.assign(new URL(target), { port: own }).href,
    listens: () => listens,
  };
}

/** What a server says to a session that an administrator ends. */
const terminated = errorResponse({
  ...{ S: "FATAL", V: "FATAL", C: "57P01" },
  M: "terminating connection due to administrator command",
});

function errorResponse(fields: Readonly<Record<string, string>>): Buffer {
  const text = Object.entries(fields).map(([field, value]) => `${field}${value}\0`);
  const body = Buffer.from(`${text.join("")}\0`);
  const head = Buffer.from("E\0\0\0\0");
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const nothing = () => undefined;
const log: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
