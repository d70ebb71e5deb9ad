/** The numbers the product itself works with. Every other test brings its own, so none would miss these. */
import { expect, test } from "vitest";
import { usualPace } from "@/workers/start";
import { defaultDeadlineMs } from "./adapters/http-exchange";
import { usualTiming } from "./adapters/queue-backend";
import { syncLimits } from "./wiring";

const { traffic } = syncLimits;

test.each([
  ["a page of the archive is 200 records", syncLimits.pageSize, 200],
  ["a lane takes 50 deliveries at a time", syncLimits.batchSize, 50],
  ["a mailbox has at most 3 requests at a time", syncLimits.requestsPerMailbox, 3],
  ["a mailbox has at most 9,600 requests in a while", traffic.requests.count, 9_600],
  ["that while is 10 minutes", traffic.requests.seconds, 600],
  ["a mailbox is sent at most 140 MB in a while", traffic.bytes.count, 140_000_000],
  ["that while is 5 minutes", traffic.bytes.seconds, 300],
  ["attachments are fetched 4 at a time", syncLimits.attachmentsAtOnce, 4],
  ["a create is at most 4,000,000 bytes of JSON", syncLimits.createBytes, 4_000_000],
  ["a request is given up after 30 s", defaultDeadlineMs, 30_000],
  ["what was not answered is looked for after 45 s", syncLimits.inDoubtMs, 45_000],
  ["a lane's lease lasts 10 s", syncLimits.laneLeaseMs, 10_000],
  ["a lane's lease is renewed every 3 s", syncLimits.laneRenewMs, 3_000],
  ["a transfer beats every 3 s", syncLimits.heartbeatMs, 3_000],
  ["a transfer is given up after 15 s of silence", syncLimits.silentMs, 15_000],
  ["the tick comes every 5 s", usualPace.tickEveryMs, 5_000],
  ["a job whose worker is silent is free after 15 s", usualTiming.lockDuration, 15_000],
  ["such jobs are looked for every 5 s", usualTiming.stalledInterval, 5_000],
])("%s", (_name, value, designed) => {
  expect(value).toBe(designed);
});

test("nobody looks for a message while its request may still be answered", () => {
  expect(syncLimits.inDoubtMs).toBeGreaterThan(defaultDeadlineMs);
});

test("a lane and a transfer outlive two signs of life that were lost", () => {
  expect(syncLimits.laneLeaseMs).toBeGreaterThan(3 * syncLimits.laneRenewMs);
  expect(syncLimits.silentMs).toBeGreaterThan(3 * syncLimits.heartbeatMs);
});

test("the tick that follows another finds its lease over", () => {
  expect(syncLimits.tickLeaseMs).toBeLessThan(usualPace.tickEveryMs);
});
