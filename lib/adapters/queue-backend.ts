/**
 * The two messengers behind one door: Redis where there is one, else BullMQ's PostgreSQL backend in
 * the product's own database. Connections are ours, so that they can be counted and closed.
 */
import {
  createPostgresBackend,
  Queue,
  withBackend,
  Worker,
  type BulkJobOptions,
  type Job,
  type WorkerOptions,
} from "bullmq";
import { Redis } from "ioredis";
import { queueNames, type QueueName } from "@/lib/queue";
import { createListeningBackend } from "./queue-listening";
import { openPool } from "./queue-pool";

export type QueueAddress = {
  readonly redisUrl: string | null;
  readonly databaseUrl: string;
};

export type Poke = { name: string; data: object; opts: BulkJobOptions };
export type Producer = {
  add(queue: QueueName, pokes: Poke[]): Promise<void>;
  close(): Promise<void>;
};

export type Processors = Readonly<Record<QueueName, (job: Job) => Promise<void>>>;
export type ConsumerOptions = {
  readonly processors: Processors;
  readonly concurrency: Readonly<Record<QueueName, number>>;
  readonly onError: (error: Error) => void;
  readonly timing?: QueueTiming;
};
export type Consumer = {
  /** Jobs that nobody has taken. */
  waiting(queue: QueueName): Promise<number>;
  close(): Promise<void>;
};

/**
 * Connections on PostgreSQL, part of a process's budget (design §6): the portal 10 + 3 of 15, a
 * worker 8 + 3 + 6 of 20, where the store has the first number. Two of a worker's six only listen.
 */
export const producerConnections = 3;
export const consumerConnections = 6;

export async function openProducer(
  address: QueueAddress,
  onError: (error: Error) => void,
): Promise<Producer> {
  if (address.redisUrl === null) return openPostgresProducer(address.databaseUrl, onError);
  // Fails fast: a page or the tick says it again, and what waits in memory is lost with it anyway.
  const client = new Redis(address.redisUrl, {
    maxRetriesPerRequest: 1,
    enableOfflineQueue: false,
    connectTimeout: 2_000,
    socketTimeout: answerDeadlineMs,
    retryStrategy: reconnectMs,
  });
  client.on("error", onError);
  await ready(client);
  const queues = each((name) => new Queue(name, { connection: client }));
  return producerOf(queues, onError, async () => client.disconnect());
}

async function openPostgresProducer(
  databaseUrl: string,
  onError: (error: Error) => void,
): Promise<Producer> {
  const { pool, end } = await openPool(databaseUrl, producerConnections, onError);
  const { Queue: PostgresQueue } = withBackend(createPostgresBackend);
  const queues = each((name) => new PostgresQueue(name, { connection: pool }));
  return producerOf(queues, onError, end);
}

type AnyClosing = {
  on(event: "error", listener: (error: Error) => void): unknown;
  close(): Promise<void>;
};

type AnyQueue = AnyClosing & { addBulk(pokes: Poke[]): Promise<unknown> };

function producerOf(
  queues: Readonly<Record<QueueName, AnyQueue>>,
  onError: (error: Error) => void,
  disconnect: () => Promise<void>,
): Producer {
  for (const name of queueNames) queues[name].on("error", onError);
  return {
    async add(name, pokes) {
      await queues[name].addBulk(pokes);
    },
    async close() {
      await Promise.allSettled(queueNames.map((name) => queues[name].close()));
      await disconnect();
    },
  };
}

export type QueueTiming = { readonly lockDuration: number; readonly stalledInterval: number };

/** BullMQ's own defaults return a killed worker's job after a minute; these do it in 20 seconds. */
export const usualTiming: QueueTiming = { lockDuration: 15_000, stalledInterval: 5_000 };

/**
 * A connection to Redis that owes an answer for so long is cut, and made anew. A worker's wait for a job
 * is a command that is answered after ten seconds at the latest.
 */
const answerDeadlineMs = 20_000;

/** Whoever was refused asks again; BullMQ's own default lets a queue that came back lie for 15 seconds. */
const retryAfterMs = 1_000;

export async function openConsumer(
  address: QueueAddress,
  { processors, concurrency, onError, timing = usualTiming }: ConsumerOptions,
): Promise<Consumer> {
  const settings = (name: QueueName) => ({
    ...timing,
    concurrency: concurrency[name],
    runRetryDelay: retryAfterMs,
    removeOnComplete: { count: 0 },
    removeOnFail: { count: 0 },
  });
  if (address.redisUrl === null) {
    const opened = await openPool(address.databaseUrl, consumerConnections, onError);
    const { pool, cutIfMute, end } = opened;
    // BullMQ would keep the one it listens on: it only drops what breaks.
    const onFailure = (error: Error) => {
      cutIfMute(error);
      onError(error);
    };
    const { Queue: PostgresQueue, Worker: PostgresWorker } = withBackend(createListeningBackend);
    const queues = each((name) => new PostgresQueue(name, { connection: pool }));
    const workers = each(
      (name) =>
        new PostgresWorker(name, (job) => processors[name](job), {
          ...settings(name),
          connection: pool,
        }),
    );
    return consumerOf(workers, queues, onFailure, end);
  }
  // Waits: a worker without its queue has nothing better to do.
  const client = new Redis(address.redisUrl, {
    maxRetriesPerRequest: null,
    socketTimeout: answerDeadlineMs,
    retryStrategy: reconnectMs,
  });
  client.on("error", onError);
  const options = (name: QueueName): WorkerOptions => ({ ...settings(name), connection: client });
  const queues = each((name) => new Queue(name, { connection: client }));
  const workers = each((name) => new Worker(name, (job) => processors[name](job), options(name)));
  return consumerOf(workers, queues, onError, async () => client.disconnect());
}

type AnyWorker = AnyClosing & { waitUntilReady(): Promise<void> };

type Counted = AnyClosing & { getWaitingCount(): Promise<number> };

async function consumerOf(
  workers: Readonly<Record<QueueName, AnyWorker>>,
  queues: Readonly<Record<QueueName, Counted>>,
  onError: (error: Error) => void,
  disconnect: () => Promise<void>,
): Promise<Consumer> {
  const both = queueNames.flatMap((name): AnyClosing[] => [workers[name], queues[name]]);
  for (const one of both) one.on("error", onError);
  const close = async () => {
    await Promise.allSettled(both.map((one) => one.close()));
    await disconnect();
  };
  try {
    await Promise.all(queueNames.map((name) => workers[name].waitUntilReady()));
  } catch (error) {
    // BullMQ remembers a failed start for ever; the next attempt needs new workers.
    await close();
    throw error;
  }
  return { waiting: (name) => queues[name].getWaitingCount(), close };
}

async function ready(client: Redis): Promise<void> {
  if (client.status === "ready") return;
  try {
    await new Promise<void>((resolve, reject) => {
      client.once("ready", resolve);
      client.once("error", reject);
    });
  } catch (error) {
    client.disconnect();
    throw error;
  }
}

function reconnectMs(times: number): number {
  return Math.min(times * 200, 2_000);
}

function each<T>(make: (name: QueueName) => T): Record<QueueName, T> {
  return { transfer: make("transfer"), lane: make("lane") };
}
