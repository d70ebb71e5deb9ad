import { spawn, type ChildProcess } from "node:child_process";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { Queue, createPostgresBackend, withBackend } from "bullmq";
import { Redis } from "ioredis";
import pg from "pg";
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from "vitest";
import { v7 as uuid } from "uuid";
import { createTestSchema, type TestDatabase } from "@/lib/testing/database";
import type { Log } from "@/lib/ports/runtime";
import { pokeOptions } from "@/lib/queue";
import { storeConnections } from "@/lib/wiring-outside";
import { createRunQueue, startQueueWorkers, type QueueHandler } from "./run-queue";
import { consumerConnections, producerConnections, type QueueAddress } from "./queue-backend";

const redisUrl = inject("TEST_REDIS_URL");
const backends = [["PostgreSQL", null] as const, ["Redis", redisUrl] as const].filter(
  ([name, url]) => name === "PostgreSQL" || url !== null,
);

let database: TestDatabase;
let logged: string[];

const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (event) => void logged.push(event),
  error: (event) => void logged.push(event),
};

beforeEach(async () => {
  logged = [];
  database = await createTestSchema();
});

afterEach(() => database.drop());

describe.each(backends)("the queue on %s", (_name, redis) => {
  let address: QueueAddress;

  beforeEach(async () => {
    address = { redisUrl: redis, databaseUrl: database.url };
    if (redis !== null) await withRedis(redis, (client) => client.flushall());
  });

  test("brings a run to a transfer and a mailbox to a lane", async () => {
    const seen: string[] = [];
    await workers({
      transfer: async (id) => void seen.push(`transfer ${id}`),
      lane: async (id) => void seen.push(`lane ${id}`),
    });
    const [run, first, second] = [uuid(), uuid(), uuid()];
    const queue = producer();
    await queue.pokeTransfer(run);
    await queue.pokeLanes([first, second]);
    const expected = [`transfer ${run}`, `lane ${first}`, `lane ${second}`];
    await expect.poll(() => seen.toSorted()).toEqual(expected.toSorted());
  });

  test("keeps nothing of a poke that was answered", async () => {
    let answers = 0;
    await workers({ lane: async () => void (answers += 1) });
    await producer().pokeLanes([uuid(), uuid()]);
    await expect.poll(() => answers).toBe(2);
    await expect.poll(() => left("lane")).toBe(0);
  });

  test("answers many pokes that wait for one lane with one passage", async () => {
    const queue = producer();
    const lane = uuid();
    for (let count = 0; count < 5; count += 1) await queue.pokeLanes([lane, lane]);
    let passages = 0;
    await workers({ lane: async () => void (passages += 1) });
    await expect.poll(() => passages).toBe(1);
    await quiet();
    expect(passages).toBe(1);
  });

  test("answers pokes during the work with exactly one passage after it", async () => {
    const gate = createGate();
    let passages = 0;
    await workers({
      lane: async () => {
        passages += 1;
        if (passages === 1) await gate.opened;
      },
    });
    const queue = producer();
    const lane = uuid();
    await queue.pokeLanes([lane]);
    await expect.poll(() => passages).toBe(1);
    for (let count = 0; count < 4; count += 1) await queue.pokeLanes([lane]);
    gate.open();
    await expect.poll(() => passages).toBe(2);
    await quiet();
    expect(passages).toBe(2);
  });

  test("is not silenced for a lane whose work failed", async () => {
    let passages = 0;
    await workers({
      lane: async () => {
        passages += 1;
        throw new Error("a fault of ours");
      },
    });
    const queue = producer();
    const lane = uuid();
    await queue.pokeLanes([lane]);
    await expect.poll(() => passages).toBe(1);
    await expect.poll(() => left("lane")).toBe(0);
    await queue.pokeLanes([lane]);
    await expect.poll(() => passages).toBe(2);
    expect(logged).toEqual(["queue.handlerFailed", "queue.handlerFailed"]);
  });

  test("is not silenced by the record of a job that is kept", async () => {
    const lane = uuid();
    await withQueue("lane", (queue) =>
      queue.add(
        "lane",
        { laneId: lane },
        { ...pokeOptions("lane", lane), removeOnComplete: false },
      ),
    );
    let passages = 0;
    await workers({ lane: async () => void (passages += 1) });
    await expect.poll(() => passages).toBe(1);
    await quiet();
    expect(await left("lane")).toBe(1);
    await producer().pokeLanes([lane]);
    await expect.poll(() => passages).toBe(2);
  });

  test.each([
    ["an unknown field", { laneId: uuid(), password: "x" }],
    ["no id", {}],
    ["an id that is none", { laneId: "1; DROP TABLE" }],
  ])("logs and completes a payload with %s", async (_name, payload) => {
    let passages = 0;
    await workers({ lane: async () => void (passages += 1) });
    await withQueue("lane", (queue) => queue.add("something", payload));
    await expect.poll(() => logged).toEqual(["queue.payloadRefused"]);
    await expect.poll(() => left("lane")).toBe(0);
    expect(passages).toBe(0);
  });

  test("hands a killed worker's job on, and answers pokes that came meanwhile", async () => {
    const queue = producer();
    const lane = uuid();
    const child = await doomedWorker(address);
    // Listened for before it can be said: the child may be quicker than the poke's own answer.
    const takenOver = said(child, "taken");
    await queue.pokeLanes([lane]);
    await takenOver;
    await queue.pokeLanes([lane]);
    child.kill("SIGKILL");
    const killedAt = performance.now();
    const taken: number[] = [];
    await workers({ lane: async () => void taken.push(performance.now() - killedAt) });
    await expect.poll(() => taken.length, { timeout: 40_000 }).toBe(2);
    expect(taken[0]).toBeLessThan(27_000);
    await expect.poll(() => left("lane")).toBe(0);
  }, 60_000);

  test("says soon that it cannot be reached", async () => {
    const nowhere = createRunQueue({
      redisUrl: redis === null ? null : "redis://127.0.0.1:1",
      databaseUrl: "postgresql://nobody@127.0.0.1:1/none",
      log,
    });
    onTestFinished(() => nowhere.close());
    const asked = performance.now();
    await expect(nowhere.pokeTransfer(uuid())).rejects.toThrow();
    await expect(nowhere.pokeTransfer(uuid())).rejects.toThrow();
    expect(performance.now() - asked).toBeLessThan(8_500);
  });

  test("works again by itself on both sides when it was away", async () => {
    const gateway = await createGateway(redis ?? database.url);
    address =
      redis === null
        ? { ...address, databaseUrl: gateway.url }
        : { ...address, redisUrl: gateway.url };
    const passages: string[] = [];
    await workers({ lane: async (id) => void passages.push(id) });
    const queue = producer();
    const [before, meanwhile, after] = [uuid(), uuid(), uuid()];
    await queue.pokeLanes([before]);
    await expect.poll(() => passages).toEqual([before]);
    await gateway.shut();
    const asked = performance.now();
    await expect(queue.pokeLanes([meanwhile])).rejects.toThrow();
    expect(performance.now() - asked).toBeLessThan(5_000);
    await quiet(1_500);
    await gateway.open();
    const pokes = () => queue.pokeLanes([after]).then(isTrue, isFalse);
    await expect.poll(pokes, { timeout: 10_000 }).toBe(true);
    await expect.poll(() => passages, { timeout: 20_000 }).toContain(after);
  });

  test("is heard again after its connections have gone mute", async () => {
    const gateway = await createGateway(redis ?? database.url);
    const direct = createRunQueue({ ...address, log });
    onTestFinished(() => direct.close());
    address =
      redis === null
        ? { ...address, databaseUrl: gateway.url }
        : { ...address, redisUrl: gateway.url };
    const passages: string[] = [];
    await workers({ lane: async (id) => void passages.push(id) });
    const [before, after] = [uuid(), uuid()];
    await direct.pokeLanes([before]);
    await expect.poll(() => passages).toEqual([before]);
    gateway.mute();
    await direct.pokeLanes([after]);
    await quiet();
    gateway.speak();
    await expect.poll(() => passages, { timeout: 50_000 }).toEqual([before, after]);
  }, 58_000);

  test("was away when a passage ended, and soon brings the lane its next one all the same", async () => {
    const gateway = await createGateway(redis ?? database.url);
    const direct = createRunQueue({ ...address, log });
    onTestFinished(() => direct.close());
    address =
      redis === null
        ? { ...address, databaseUrl: gateway.url }
        : { ...address, redisUrl: gateway.url };
    const gate = createGate();
    let passages = 0;
    await workers({
      lane: async () => {
        passages += 1;
        if (passages === 1) await gate.opened;
      },
    });
    const lane = uuid();
    await direct.pokeLanes([lane]);
    await expect.poll(() => passages).toBe(1);
    await gateway.shut();
    gate.open();
    await quiet();
    await gateway.open();
    await direct.pokeLanes([lane]);
    await expect.poll(() => passages, { timeout: 10_000 }).toBe(2);
  });

  test("tells its handlers to stop, and waits for them", async () => {
    const stop = new AbortController();
    let ended = false;
    const lane: QueueHandler = (_id, signal) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => setTimeout(() => resolve(void (ended = true)), 50));
      });
    let begun = 0;
    const running = await workers({ lane: (...args) => (begun++, lane(...args)) }, stop.signal);
    await producer().pokeLanes([uuid()]);
    await expect.poll(() => begun).toBe(1);
    stop.abort();
    await running.close();
    expect(ended).toBe(true);
  });

  test("takes nothing more once it was told to stop", async () => {
    const stop = new AbortController();
    let passages = 0;
    const running = await workers({ lane: async () => void (passages += 1) }, stop.signal);
    stop.abort();
    await producer().pokeLanes([uuid()]);
    await running.close();
    expect(passages).toBe(0);
    expect(await left("lane")).toBe(1);
  });

  test("gives up waiting for a handler that does not stop", async () => {
    const stop = new AbortController();
    let begun = 0;
    const gate = createGate();
    const running = await workers({ lane: () => (begun++, gate.opened) }, stop.signal, {
      closeDeadlineMs: 200,
    });
    await producer().pokeLanes([uuid()]);
    await expect.poll(() => begun).toBe(1);
    stop.abort();
    const asked = performance.now();
    await running.close();
    expect(performance.now() - asked).toBeLessThan(2_000);
    expect(logged).toContain("queue.closeFailed");
    gate.open();
  });

  function producer() {
    const queue = createRunQueue({ ...address, log });
    onTestFinished(() => queue.close());
    return queue;
  }

  async function workers(
    handlers: Partial<Record<"transfer" | "lane", QueueHandler>>,
    signal: AbortSignal = new AbortController().signal,
    more: { closeDeadlineMs?: number } = {},
  ) {
    const nothing: QueueHandler = async () => undefined;
    const started = startQueueWorkers({
      ...{ transfer: nothing, lane: nothing, concurrency: { transfer: 2, lane: 4 } },
      ...{ ...address, ...handlers, ...more, signal, log },
    });
    onTestFinished(() => started.close());
    await started.started;
    return started;
  }

  async function withQueue<T>(name: string, work: (queue: Queue) => Promise<T>): Promise<T> {
    const queue = rawQueue(address, name);
    try {
      return await work(queue);
    } finally {
      await queue.close();
    }
  }

  function left(name: string): Promise<number> {
    return withQueue(name, async (queue) => {
      const counts = await queue.getJobCounts();
      return Object.values(counts).reduce((sum, count) => sum + count, 0);
    });
  }
});

test.runIf(redisUrl !== null)(
  "a flushed Redis costs the pokes in it and nothing later",
  async () => {
    const address = { redisUrl, databaseUrl: database.url };
    const gate = createGate();
    const passages: string[] = [];
    const started = startQueueWorkers({
      ...{ ...address, log, signal: new AbortController().signal },
      ...{ transfer: async () => undefined, concurrency: { transfer: 1, lane: 2 } },
      lane: async (id) => {
        passages.push(id);
        if (passages.length === 1) await gate.opened;
      },
    });
    onTestFinished(() => started.close());
    await started.started;
    const queue = createRunQueue({ ...address, log });
    onTestFinished(() => queue.close());
    const [active, idle] = [uuid(), uuid()];
    await queue.pokeLanes([active]);
    await expect.poll(() => passages).toEqual([active]);
    await withRedis(String(redisUrl), (client) => client.flushall());
    await queue.pokeLanes([idle]);
    await expect.poll(() => passages).toEqual([active, idle]);
    gate.open();
    await quiet();
    await queue.pokeLanes([active]);
    await expect.poll(() => passages).toEqual([active, idle, active]);
  },
);

test("a restart of PostgreSQL's connections costs no poke afterwards", async () => {
  const address = { redisUrl: null, databaseUrl: database.url };
  const passages: string[] = [];
  const started = startQueueWorkers({
    ...{ ...address, log, signal: new AbortController().signal },
    ...{ transfer: async () => undefined, concurrency: { transfer: 1, lane: 2 } },
    lane: async (id) => void passages.push(id),
  });
  onTestFinished(() => started.close());
  await started.started;
  const queue = createRunQueue({ ...address, log });
  onTestFinished(() => queue.close());
  const [before, after] = [uuid(), uuid()];
  await queue.pokeLanes([before]);
  await expect.poll(() => passages).toEqual([before]);
  await cutConnections();
  await expect
    .poll(() =>
      queue.pokeLanes([after]).then(
        () => true,
        () => false,
      ),
    )
    .toBe(true);
  await expect.poll(() => passages, { timeout: 10_000 }).toEqual([before, after]);
});

test("a connection cut while the queue is being opened ends nothing but the attempt", async () => {
  const cutting = new AbortController();
  const cut = (async () => {
    while (!cutting.signal.aborted) await cutConnections();
  })();
  const faults: unknown[] = [];
  const onFault = (thrown: unknown) => void faults.push(thrown);
  process.on("uncaughtException", onFault);
  onTestFinished(() => void process.off("uncaughtException", onFault));
  const address = { redisUrl: null, databaseUrl: database.url };
  const all = Array.from({ length: 8 }, () =>
    startQueueWorkers({
      ...{ ...address, log, signal: new AbortController().signal },
      ...{ transfer: async () => undefined, lane: async () => undefined },
      concurrency: { transfer: 1, lane: 1 },
    }),
  );
  onTestFinished(async () => {
    await Promise.all(all.map((each) => each.close()));
  });
  await expect.poll(() => logged.length).toBeGreaterThanOrEqual(all.length);
  cutting.abort();
  await cut;
  await Promise.all(all.map(({ started }) => started));
  expect(faults).toEqual([]);
});

test("the connections of a process stay within its budget on PostgreSQL", async () => {
  const address = { redisUrl: null, databaseUrl: database.url };
  // Those of the tests before may still be closing.
  await expect.poll(connections, { timeout: 60_000 }).toBe(0);
  const started = startQueueWorkers({
    ...{ ...address, log, signal: new AbortController().signal },
    ...{ transfer: async () => quiet(5), lane: async () => quiet(5) },
    concurrency: { transfer: 8, lane: 64 },
  });
  onTestFinished(() => started.close());
  await started.started;
  const queue = createRunQueue({ ...address, log });
  onTestFinished(() => queue.close());
  let most = 0;
  const count = async () => (most = Math.max(most, await connections()));
  const watch = setInterval(() => void count(), 20);
  const lanes = Array.from({ length: 300 }, () => uuid());
  // A few more at a time than there are connections: each waits, and none runs into its deadline.
  const atOnce = 4 * producerConnections;
  await queue.pokeLanes(lanes);
  for (let from = 0; from < lanes.length; from += atOnce) {
    await Promise.all(lanes.slice(from, from + atOnce).map((id) => queue.pokeTransfer(id)));
  }
  await quiet(500);
  clearInterval(watch);
  expect(most).toBeGreaterThan(4);
  expect(most).toBeLessThanOrEqual(producerConnections + consumerConnections);
  const { worker, portal } = storeConnections;
  expect(worker + producerConnections + consumerConnections).toBeLessThanOrEqual(20);
  expect(portal + producerConnections).toBeLessThanOrEqual(15);
});

function rawQueue({ redisUrl: url, databaseUrl }: QueueAddress, name: string): Queue {
  if (url !== null) return new Queue(name, { connection: { url } });
  const Postgres = withBackend(createPostgresBackend).Queue;
  const connection = { connectionString: databaseUrl, schema: "bullmq", migrate: true, max: 1 };
  return new Postgres(name, { connection }) as unknown as Queue;
}

async function withRedis<T>(url: string, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis(url);
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

async function asAdmin<T>(work: (client: pg.Client, name: string) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: inject("TEST_DATABASE_URL") });
  await client.connect();
  try {
    return await work(client, new URL(database.url).pathname.slice(1));
  } finally {
    await client.end();
  }
}

const cutConnections = () =>
  asAdmin((client, name) =>
    client.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", [
      name,
    ]),
  );

const connections = () =>
  asAdmin(async (client, name) => {
    const text = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = $1";
    const { rows } = await client.query<{ n: number }>(text, [name]);
    return rows[0]?.n ?? 0;
  });

/** A worker in a process of its own that takes one lane's job and never ends it. */
const doomed = `
  import { startQueueWorkers } from ${JSON.stringify(new URL("./run-queue.ts", import.meta.url))};
  const silent = () => undefined;
  const { started } = startQueueWorkers({
    ...JSON.parse(process.env.QUEUE_ADDRESS),
    transfer: async () => undefined,
    lane: () => (process.send("taken"), new Promise(silent)),
    concurrency: { transfer: 1, lane: 1 },
    signal: new AbortController().signal,
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  await started;
  process.send("started");
`;

async function doomedWorker(address: QueueAddress): Promise<ChildProcess> {
  const args = ["--import", "tsx", "--input-type=module", "--eval", doomed];
  const child = spawn(process.execPath, args, {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: { ...process.env, QUEUE_ADDRESS: JSON.stringify(address) },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await said(child, "started");
  return child;
}

function said(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on("message", (message) => message === word && resolve());
    child.on("exit", () => reject(new Error(`The worker ended before it said ${word}`)));
  });
}

/**
 * A door before the backend. Shut, it cuts what goes through, and refuses. Mute, it accepts and swallows;
 * what was connected then hears nothing any more, also when it speaks again.
 */
async function createGateway(target: string) {
  const { hostname, port } = new URL(target);
  const open = new Set<Socket>();
  let isMute = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const socket of [near, far]) {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => [near, far].forEach((each) => each.destroy()));
    }
    if (isMute) [near, far].forEach((each) => each.resume());
    else near.pipe(far).pipe(near);
  });
  const mute = () => {
    isMute = true;
    for (const socket of open) socket.unpipe().resume();
  };
  const speak = () => {
    isMute = false;
  };
  const listen = (at: number) =>
    new Promise<void>((resolve) => server.listen(at, "127.0.0.1", resolve));
  await listen(0);
  const own = (server.address() as AddressInfo).port;
  const shut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of open) socket.destroy();
      open.clear();
    });
  onTestFinished(() => (server.listening ? shut() : undefined));
  return {
    url: Object.assign(new URL(target), { port: own }).href,
    ...{ shut, mute, speak },
    open: () => listen(own),
  };
}

function createGate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Long enough for a passage too many to show itself. */
function quiet(ms = 300): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

const isTrue = () => true;
const isFalse = () => false;
