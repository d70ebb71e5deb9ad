/**
 * BullMQ has had versions that never took a job again after their queue had been away. A consumer that
 * takes nothing while jobs wait is replaced by a new one.
 */
import { queueNames, type QueueName } from "@/lib/queue";

type Watched = { waiting(queue: QueueName): Promise<number> };

export type ConsumerWatch = {
  /** Around every job. */
  during(queue: QueueName, job: () => Promise<void>): Promise<void>;
  /** One look. True when the consumer has to be replaced. */
  isStuck(consumer: Watched, nowMs: number): Promise<boolean>;
};

/**
 * @param patienceMs so long a queue may hold jobs of which none is taken
 * @param answerMs so long it may take to say how many it holds: what accepts and never answers is neither
 * there nor away
 */
export function createConsumerWatch(patienceMs: number, answerMs = 10_000): ConsumerWatch {
  const running: Record<QueueName, number> = { transfer: 0, lane: 0 };
  const taken: Record<QueueName, number> = { transfer: 0, lane: 0 };
  const idleSince = new Map<QueueName, { readonly nowMs: number; readonly taken: number }>();

  async function isIdle(queue: QueueName, consumer: Watched, nowMs: number): Promise<boolean> {
    const waiting = await inTime(consumer.waiting(queue), answerMs);
    if (waiting === "mute") return true;
    const isTaking = running[queue] > 0 || idleSince.get(queue)?.taken !== taken[queue];
    if (isTaking || waiting === 0) {
      idleSince.set(queue, { nowMs, taken: taken[queue] });
      return false;
    }
    return nowMs - (idleSince.get(queue)?.nowMs ?? nowMs) >= patienceMs;
  }

  return {
    async during(queue, job) {
      taken[queue] += 1;
      running[queue] += 1;
      try {
        await job();
      } finally {
        running[queue] -= 1;
      }
    },
    async isStuck(consumer, nowMs) {
      // A queue that is away says nothing about who consumes it.
      const looks = queueNames.map((queue) => isIdle(queue, consumer, nowMs).catch(() => false));
      const idle = await Promise.all(looks);
      if (!idle.includes(true)) return false;
      // Its successor gets the same patience.
      idleSince.clear();
      return true;
    },
  };
}

async function inTime<T>(answer: Promise<T>, ms: number): Promise<T | "mute"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"mute">((resolve) => {
    timer = setTimeout(() => resolve("mute"), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
