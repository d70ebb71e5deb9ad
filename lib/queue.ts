/** What producers and workers agree on: two queues, ids only, and how a poke is added. */
import type { JobsOptions } from "bullmq";
import { z } from "zod";

export const queueNames = ["transfer", "lane"] as const;
export type QueueName = (typeof queueNames)[number];

export const runPayload = z.strictObject({ runId: z.uuid() });
export const lanePayload = z.strictObject({ laneId: z.uuid() });

/** BullMQ's own PostgreSQL backend lives in a schema of its own, beside the product's tables. */
export const queueSchema = "bullmq";

/**
 * No custom job id: a surviving record under one swallows every later poke (design §6). With
 * `keepLastIfActive` a poke during the work brings exactly one more passage after it.
 */
export function pokeOptions(queue: QueueName, id: string): JobsOptions {
  return {
    deduplication: { id: `${queue}-${id}`, keepLastIfActive: true },
    attempts: 1,
    removeOnComplete: true,
    removeOnFail: true,
  };
}
