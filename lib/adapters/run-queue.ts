/** Pokes and what answers them. The queue carries ids only, and losing it costs a tick (design §6). */
import type { Job } from "bullmq";
import type { z } from "zod";
import type { Log, RunQueue } from "@/lib/ports/runtime";
import { lanePayload, pokeOptions, runPayload, type QueueName } from "@/lib/queue";
import { onAbort } from "./on-abort";
import {
  openConsumer,
  openProducer,
  type Consumer,
  type Poke,
  type Producer,
  type QueueAddress,
  type QueueTiming,
} from "./queue-backend";
import { type ConsumerWatch, createConsumerWatch } from "./queue-watch";

export type RunQueueOptions = QueueAddress & { readonly log: Log };
export type ClosableRunQueue = RunQueue & { close(): Promise<void> };

/** Less than a tick: whoever pokes must never wait for a queue that is away. */
const pokeDeadlineMs = 4_000;
const mostPokesAtOnce = 500;
/** The tick says again every few seconds what is ready, and a consumer that lives takes it in far less. */
const patienceMs = 45_000;
const lookEveryMs = 15_000;

export function createRunQueue({ log, ...address }: RunQueueOptions): ClosableRunQueue {
  const onError = onceInAWhile(log, "queue.producerFailed");
  let opened: Promise<Producer> | undefined;

  async function poke(queue: QueueName, pokes: Poke[]): Promise<void> {
    const mine = (opened ??= openProducer(address, onError));
    try {
      await withinDeadline(mine.then((producer) => producer.add(queue, pokes)));
    } catch (error) {
      // What BullMQ failed to open stays failed, so the next poke begins anew.
      if (opened === mine) opened = undefined;
      void closeQuietly(mine);
      throw error;
    }
  }

  return {
    pokeTransfer: (runId) =>
      poke("transfer", [
        { name: "transfer", data: { runId }, opts: pokeOptions("transfer", runId) },
      ]),
    async pokeLanes(laneIds) {
      for (let from = 0; from < laneIds.length; from += mostPokesAtOnce) {
        const some = laneIds.slice(from, from + mostPokesAtOnce);
        await poke(
          "lane",
          some.map((laneId) => ({
            name: "lane",
            data: { laneId },
            opts: pokeOptions("lane", laneId),
          })),
        );
      }
    },
    async close() {
      const last = opened;
      opened = undefined;
      if (last !== undefined) await closeQuietly(last);
    },
  };
}

export type QueueHandler = (id: string, signal: AbortSignal) => Promise<void>;

export type QueueWorkersOptions = QueueAddress & {
  readonly transfer: QueueHandler;
  readonly lane: QueueHandler;
  readonly concurrency: Readonly<Record<QueueName, number>>;
  /** Aborted: nothing more is taken, and every handler is told. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** When a job is taken for abandoned. */
  readonly timing?: QueueTiming;
  /** How long `close` waits for handlers; the store releases what they leave behind. */
  readonly closeDeadlineMs?: number;
};

export type QueueWorkers = {
  /** Resolves once jobs are being taken. */
  readonly started: Promise<void>;
  close(): Promise<void>;
};

export function startQueueWorkers(options: QueueWorkersOptions): QueueWorkers {
  const { signal, log, timing, concurrency, closeDeadlineMs = 15_000 } = options;
  const onError = onceInAWhile(log, "queue.workerFailed");
  const watch = createConsumerWatch(patienceMs);
  const processors = {
    transfer: processor("transfer", runPayload, ({ runId }) => runId, watch, options),
    lane: processor("lane", lanePayload, ({ laneId }) => laneId, watch, options),
  };
  const open = () =>
    openPatiently(
      () =>
        openConsumer(options, {
          ...{ processors, concurrency, onError },
          ...(timing === undefined ? {} : { timing }),
        }),
      onError,
      signal,
    );
  const closeOne = (opened: Promise<Consumer | undefined>) =>
    withinDeadline(
      opened.then((one) => one?.close()),
      closeDeadlineMs,
    ).catch((error: unknown) => log.warn("queue.closeFailed", { reason: String(error) }));
  const first = open();
  let consumer = first;
  let closing: Promise<void> | undefined;
  const look = async () => {
    const opened = await consumer;
    if (opened === undefined || signal.aborted) return;
    const isStuck = await watch.isStuck(opened, performance.now());
    if (!isStuck || closing !== undefined || (await consumer) !== opened) return;
    log.error("queue.consumerReplaced");
    // What it still works on comes to its end; it only takes nothing any more.
    void closeOne(consumer);
    consumer = open();
  };
  const timer = setInterval(() => void look(), lookEveryMs);
  const close = () => {
    clearInterval(timer);
    return (closing ??= closeOne(consumer));
  };

  // At once, not when the caller comes to it: a stopping worker must not take another job.
  onAbort(signal, () => void close());
  return { started: first.then(() => undefined), close };
}

/**
 * A payload nobody understands outlives the build that wrote it: it is logged and completed. A
 * handler's failure is logged and completed too; retries live in the store, not here.
 */
function processor<P>(
  queue: QueueName,
  payload: z.ZodType<P>,
  idOf: (payload: P) => string,
  watch: ConsumerWatch,
  { signal, log, ...handlers }: QueueWorkersOptions,
): (job: Job) => Promise<void> {
  return async (job) => {
    const { success, data } = payload.safeParse(job.data);
    if (!success) return log.warn("queue.payloadRefused", { queue, jobId: job.id ?? null });
    const id = idOf(data);
    try {
      await watch.during(queue, () => handlers[queue](id, signal));
    } catch (error) {
      log.error("queue.handlerFailed", { queue, id }, error);
    }
  };
}

async function openPatiently(
  open: () => Promise<Consumer>,
  onError: (error: Error) => void,
  signal: AbortSignal,
): Promise<Consumer | undefined> {
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    try {
      return await open();
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
      await pause(Math.min(attempt * 500, 5_000), signal);
    }
  }
  return undefined;
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer);
      unlisten();
      resolve();
    };
    const timer = setTimeout(end, ms);
    const unlisten = onAbort(signal, end);
  });
}

async function withinDeadline<T>(work: Promise<T>, ms = pokeDeadlineMs): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`The queue did not answer in ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function closeQuietly(producer: Promise<Producer>): Promise<void> {
  await producer.then((opened) => opened.close()).catch(() => undefined);
}

/** A queue that is away fails several times a second; the log needs one line a minute. */
function onceInAWhile(log: Log, event: string): (error: Error) => void {
  let quietUntil = -Infinity;
  return (error) => {
    if (performance.now() < quietUntil) return;
    quietUntil = performance.now() + 60_000;
    log.warn(event, { reason: error.message });
  };
}
