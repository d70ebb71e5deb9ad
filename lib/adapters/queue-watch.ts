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

/** @param patienceMs so long a queue may hold jobs of which none is taken */
export function createConsumerWatch(patienceMs: number): ConsumerWatch {
  const running: Record<QueueName, number> = { transfer: 0, lane: 0 };
  const taken: Record<QueueName, number> = { transfer: 0, lane: 0 };
  const idleSince = new Map<QueueName, { readonly nowMs: number; readonly taken: number }>();

  async function isIdle(queue: QueueName, consumer: Watched, nowMs: number): Promise<boolean> {
    const isTaking = running[queue] > 0 || idleSince.get(queue)?.taken !== taken[queue];
    if (isTaking || (await consumer.waiting(queue)) === 0) {
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
      const idle = await Promise.all(queueNames.map((queue) => isIdle(queue, consumer, nowMs)));
      if (!idle.includes(true)) return false;
      // Its successor gets the same patience.
      idleSince.clear();
      return true;
    },
  };
}
