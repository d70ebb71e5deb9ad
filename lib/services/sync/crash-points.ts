/**
 * Where a process may die: between any two durable steps. The chaos harness ends a worker here, with
 * SIGKILL; everywhere else a passage costs one call of an empty function.
 */
export const crashPoints = [
  "run.claimed",
  "page.fetched",
  "page.staged",
  "page.recorded",
  "attachment.asked",
  "attachment.staged",
  "attachment.closed",
  "items.released",
  "transfer.beforeFinish",
  "transfer.finished",
  "lane.claimed",
  "doubt.taken",
  "doubt.looked",
  "lane.batchTaken",
  "item.prepared",
  "item.beforeCreate",
  "item.created",
  "upload.opened",
  "upload.piece",
  "item.attached",
  "lane.beforeOutcomes",
  "lane.outcomesRecorded",
  "lane.released",
  "run.closed",
  "segment.rewritten",
  "segment.replaced",
  "blobs.swept",
  "mapping.step",
] as const;

export type CrashPoint = (typeof crashPoints)[number];
