import { describe, expect, test } from "vitest";
import {
  canConnectorBecome,
  deriveConnectionStatus,
  deriveImportStatus,
  readConnectorName,
  whatToDo,
  type ConnectionFacts,
  type ConnectorState,
  type ImportFacts,
  type ImportStatus,
} from "./connector";
import { failures } from "./errors";

const now = new Date("2026-05-05T12:00:00Z");
const minuteMs = 60_000;
const ago = (minutes: number) => new Date(now.getTime() - minutes * minuteMs);

/** Finished yesterday, transferred up to this morning's import at 02:00 UTC, worker alive. */
const wellImport: ImportFacts = {
  state: "active",
  schedule: { timeOfDay: "02:00", zone: "UTC" },
  finishedAt: new Date("2026-05-04T10:00:00Z"),
  watermark: new Date("2026-05-05T01:55:00Z"),
  openRuns: [],
  newestClosed: "succeeded",
  workerBeatAt: ago(0),
};
const wellConnection: ConnectionFacts = {
  state: "active",
  attentionCode: null,
  sourceFailureCode: null,
};

test("a connector changes its state only along the ways of the design", () => {
  const states: ConnectorState[] = ["active", "paused", "needsAttention", "deleted"];
  const ways = states.flatMap((from) =>
    states.filter((to) => canConnectorBecome(from, to)).map((to) => `${from} → ${to}`),
  );
  expect(ways).toEqual([
    "active → paused",
    "active → needsAttention",
    "active → deleted",
    "paused → active",
    "paused → deleted",
    "needsAttention → active",
    "needsAttention → deleted",
  ]);
});

test.each<[string, Partial<ConnectionFacts>, string]>([
  ["all well", {}, "Connected"],
  [
    "refused password",
    { state: "needsAttention", attentionCode: "SourceAuthFailed" },
    "Authentication failed",
  ],
  [
    "locked account",
    { state: "needsAttention", attentionCode: "SourceAccountLocked" },
    "Authentication failed",
  ],
  [
    "no archive access",
    { state: "needsAttention", attentionCode: "SourceNoArchiveAccess" },
    "Action required",
  ],
  [
    "consent withdrawn",
    { state: "needsAttention", attentionCode: "ConsentRevoked" },
    "Action required",
  ],
  ["attention without a code", { state: "needsAttention" }, "Action required"],
  ["a code nobody knows", { attentionCode: "constructor" }, "Action required"],
  ["no answer from the source", { sourceFailureCode: "SourceUnavailable" }, "Source unreachable"],
  ["a source that is busy answers", { sourceFailureCode: "SourceThrottled" }, "Connected"],
  [
    "attention comes before an outage",
    { attentionCode: "ConsentRevoked", sourceFailureCode: "SourceUnavailable" },
    "Action required",
  ],
  ["paused is not disconnected", { state: "paused" }, "Connected"],
])("connection status, %s", (_name, some, expected) => {
  expect(deriveConnectionStatus({ ...wellConnection, ...some })).toBe(expected);
});

describe("import status", () => {
  test.each<[string, Partial<ImportFacts>, ImportStatus]>([
    ["the newest run succeeded", {}, "Completed"],
    ["the newest run was partial", { newestClosed: "partial" }, "Completed with warnings"],
    ["no run has ended yet", { newestClosed: null }, "Waiting for first import"],
    ["the newest run failed", { newestClosed: "failed" }, "Failed"],
    ["a run is queued", { openRuns: ["queued"] }, "In progress"],
    ["a run is transferring", { openRuns: ["transferring"] }, "In progress"],
    ["only an older run is importing", { openRuns: ["importing"] }, "In progress"],
    [
      "the very first run is under way",
      { openRuns: ["transferring"], newestClosed: null },
      "In progress",
    ],
    [
      "a run waits for the administrator",
      { openRuns: ["queued"], state: "needsAttention" },
      "Completed",
    ],
    [
      "the first run waits for the administrator",
      { openRuns: ["queued"], state: "needsAttention", newestClosed: null },
      "Waiting for first import",
    ],
    ["paused", { state: "paused" }, "Paused"],
    [
      "work is open and the worker is silent",
      { openRuns: ["importing"], workerBeatAt: ago(2) },
      "Stalled",
    ],
    [
      "work is open and no worker ever came",
      { openRuns: ["queued"], workerBeatAt: null },
      "Stalled",
    ],
    ["the worker is silent and nothing is to do", { workerBeatAt: null }, "Completed"],
    [
      "the worker was seen a minute ago",
      { openRuns: ["queued"], workerBeatAt: ago(1) },
      "In progress",
    ],
  ])("%s", (_name, some, expected) => {
    expect(deriveImportStatus({ ...wellImport, ...some }, now)).toBe(expected);
  });

  test.each<[string, Partial<ImportFacts>, ImportStatus]>([
    [
      "Paused before Stalled",
      { state: "paused", openRuns: ["queued"], workerBeatAt: null },
      "Paused",
    ],
    [
      "Stalled before Failed",
      { openRuns: ["queued"], workerBeatAt: null, newestClosed: "failed" },
      "Stalled",
    ],
    ["Failed before Late", { newestClosed: "failed", watermark: ago(3 * 1440) }, "Failed"],
    ["Late before In progress", { openRuns: ["queued"], watermark: ago(3 * 1440) }, "Late"],
    [
      "In progress before Completed with warnings",
      { openRuns: ["queued"], newestClosed: "partial" },
      "In progress",
    ],
  ])("when several hold: %s", (_name, some, expected) => {
    expect(deriveImportStatus({ ...wellImport, ...some }, now)).toBe(expected);
  });

  test.each<[string, string, string | null, string, ImportStatus]>([
    [
      "two hours after the instant it is not late yet",
      "2026-05-05T04:00:00.000Z",
      "2026-05-04T09:55:00Z",
      "2026-05-04T10:00:00Z",
      "Completed",
    ],
    [
      "a moment later it is",
      "2026-05-05T04:00:00.001Z",
      "2026-05-04T09:55:00Z",
      "2026-05-04T10:00:00Z",
      "Late",
    ],
    [
      "a watermark at the window's end is not late",
      "2026-05-05T12:00:00Z",
      "2026-05-05T01:55:00Z",
      "2026-05-04T10:00:00Z",
      "Completed",
    ],
    [
      "a watermark just before it is",
      "2026-05-05T12:00:00Z",
      "2026-05-05T01:54:59.999Z",
      "2026-05-04T10:00:00Z",
      "Late",
    ],
    [
      "an instant before Finish is nobody's",
      "2026-05-05T12:00:00Z",
      "2026-05-04T01:00:00Z",
      "2026-05-05T02:00:00Z",
      "Completed",
    ],
    [
      "nothing transferred since Finish two days ago",
      "2026-05-05T12:00:00Z",
      null,
      "2026-05-03T10:00:00Z",
      "Late",
    ],
    [
      "nothing transferred yet, an hour after Finish",
      "2026-05-04T11:00:00Z",
      null,
      "2026-05-04T10:00:00Z",
      "Completed",
    ],
  ])("%s", (_name, at, watermark, finishedAt, expected) => {
    const facts = {
      ...wellImport,
      watermark: watermark === null ? null : new Date(watermark),
      finishedAt: new Date(finishedAt),
    };
    expect(deriveImportStatus({ ...facts, workerBeatAt: new Date(at) }, new Date(at))).toBe(
      expected,
    );
  });
});

describe("what to do", () => {
  test("nothing when all is well", () => {
    expect(whatToDo(wellConnection, wellImport, now)).toBeNull();
  });

  test.each([
    ["SourceAuthFailed", "edit"],
    ["SourceAccountLocked", "edit"],
    ["SourceNoArchiveAccess", "edit"],
    ["ConsentRevoked", "grantConsent"],
    ["AppSecretRefused", "grantConsent"],
  ] as const)("%s is mended by: %s", (attentionCode, remedy) => {
    const facts = { ...wellConnection, state: "needsAttention" as const, attentionCode };
    expect(whatToDo(facts, wellImport, now)).toEqual({
      advice: failures[attentionCode].advice,
      remedy,
    });
  });

  test("what stopped the connector comes before what its runs say", () => {
    const facts = { ...wellConnection, attentionCode: "ConsentRevoked" };
    expect(whatToDo(facts, { ...wellImport, newestClosed: "failed" }, now)?.remedy).toBe(
      "grantConsent",
    );
  });

  test.each<[string, Partial<ImportFacts>, string | null]>([
    ["a paused connector is resumed", { state: "paused" }, "resume"],
    ["a silent worker is started", { openRuns: ["queued"], workerBeatAt: null }, "startWorker"],
    ["a failed run is retried", { newestClosed: "failed" }, "retry"],
    ["a partial run is retried", { newestClosed: "partial" }, "retry"],
    ["a late import starts by itself", { watermark: ago(3 * 1440) }, null],
  ])("%s", (_name, some, remedy) => {
    const advice = whatToDo(wellConnection, { ...wellImport, ...some }, now);
    expect(advice?.remedy).toBe(remedy);
    expect(advice?.advice).toMatch(/\.$/);
  });

  test("an outage of the source wants patience", () => {
    const facts = { ...wellConnection, sourceFailureCode: "SourceUnavailable" };
    expect(whatToDo(facts, wellImport, now)).toEqual({
      advice: failures.SourceUnavailable.advice,
      remedy: null,
    });
  });

  test.each(["constructor", "__proto__", "NoSuchCode"])(
    "a code that is none (%s) is our own fault",
    (attentionCode) => {
      const advice = whatToDo({ ...wellConnection, attentionCode }, wellImport, now);
      expect(advice).toEqual({ advice: failures.Unexpected.advice, remedy: null });
    },
  );
});

describe("a connector's name", () => {
  test.each([
    ["WhatsApp Archiver", "WhatsApp Archiver"],
    ["  London desk ", "London desk"],
    ["ארכיון", "ארכיון"],
    ["Desk 👩‍👩‍👧", "Desk 👩‍👩‍👧"],
    ["e\u0301", "é"],
    ["😀".repeat(64), "😀".repeat(64)],
    ["<script>alert(1)</script>", "<script>alert(1)</script>"],
  ])("%j is taken as %j", (text, name) => {
    expect(readConnectorName(text)).toEqual({ ok: true, name });
  });

  test.each([
    ["", "Enter a name"],
    ["   ", "Enter a name"],
    ["x".repeat(65), "at most 64"],
    ["a\nb", "control characters"],
    ["a\u0000b", "control characters"],
    ["a\u202Eb", "control characters"],
    ["a\u2028b", "control characters"],
    ["a\uD800", "control characters"],
  ])("%j is refused", (text, message) => {
    expect(readConnectorName(text)).toEqual({
      ok: false,
      message: expect.stringContaining(message),
    });
  });
});
