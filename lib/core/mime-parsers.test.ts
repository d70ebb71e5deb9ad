/** What is composed here is read as it is meant by parsers that nobody here wrote. */
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { findPython } from "@/scripts/checks/programs";
import { type Readers, startReaders } from "@/lib/testing/mail/agreement";
import { anySample } from "@/lib/testing/mail/any-sample";
import { composed } from "@/lib/testing/mail/composed";
import { hostileRecord, hostileStrings } from "@/lib/testing/mail/hostile";
import { everyKind } from "@/lib/testing/mail/kinds";

// Some messages are megabytes, on machines that may be busy with all the other tests.
vi.setConfig({ testTimeout: 60_000 });

let readers: Readers;
beforeAll(() => {
  readers = startReaders();
});
afterAll(() => readers.close());

test.skipIf(findPython() === null)("Python's email package is among the readers", () => {
  expect(findPython()).not.toBeNull();
});

describe("all readers agree about", () => {
  test.each(everyKind)("$name", (sample) => readers.expectAgreement(sample));
});

describe("all readers agree, wherever a record holds", () => {
  test.each(Object.entries(hostileStrings))("%s", (_name, text) =>
    readers.expectAgreement(hostileRecord(text)),
  );

  test("the message's own boundaries", async () => {
    const { mime } = await composed(hostileRecord("x"));
    const boundaries = mime.toString("latin1").match(/^--[^\r\n]+/gm) ?? [];

    expect(new Set(boundaries).size).toBeGreaterThanOrEqual(4);
    await readers.expectAgreement(hostileRecord(boundaries.join("\r\n")));
  });

  test("anything at all", async () => {
    await fc.assert(
      fc.asyncProperty(anySample, (sample) => readers.expectAgreement(sample)),
      { numRuns: 25 },
    );
  });
});
