import { beforeEach, expect, test } from "vitest";
import { fakeClock, silentLog } from "@/lib/testing/fakes";
import { directoryDuties } from "./directory-duties";

const never = new AbortController().signal;
const hourMs = 3_600_000;
const clock = fakeClock();

let wholeReadings: number;
beforeEach(() => {
  wholeReadings = 0;
});

/** The duty's turn, where everybody was read this long ago. */
async function turn(readMsAgo: number | null): Promise<void> {
  const wholeAt = readMsAgo === null ? null : new Date(clock.now().getTime() - readMsAgo);
  const store = {
    liveConnectors: async () => [{ connectorId: "c", mappingFileId: null, automaticMapping: true }],
    directoryWholeAt: async () => wholeAt,
    learnedSpan: async () => ({ since: null, until: clock.now() }),
    waitingForLearned: async () => [],
    noteHealed: async () => undefined,
    unmappedDeliveries: async () => [],
  };
  const refreshDirectory = async () => void (wholeReadings += 1);
  const parts = { tenantId: "t", store, clock, log: silentLog, refreshDirectory };
  const work = directoryDuties.find(({ name }) => name === "directoryWhole")?.work;
  await work?.(parts as unknown as Parameters<(typeof directoryDuties)[0]["work"]>[0], never);
}

test.each([
  ["never", null, 1],
  ["an hour ago", hourMs, 0],
  ["a day ago", 24 * hourMs, 1],
  ["a moment ago by a clock that runs ahead", -1_000, 0],
  ["two days ahead, before the clock was set back", -48 * hourMs, 1],
])("a directory that was read whole %s", async (_when, readMsAgo, readings) => {
  await turn(readMsAgo);
  expect(wholeReadings).toBe(readings);
});
