/** The mailbox's copy and the canonical bytes of a message hold the same, whatever the record. */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { anySample } from "@/lib/testing/mail/any-sample";
import { composed } from "@/lib/testing/mail/composed";
import { readGraph } from "@/lib/testing/mail/graph";
import { everyKind, type Sample } from "@/lib/testing/mail/kinds";
import { postalMime } from "@/lib/testing/mail/readers";

// Properties are tried many times over, on machines that may be busy with all the other tests.
vi.setConfig({ testTimeout: 60_000 });

async function expectSame(sample: Sample): Promise<void> {
  const { message, mime } = await composed(sample);
  // Only the mail has plain text: the mailbox makes its own of the HTML.
  const { text: _text, ...mail } = await postalMime.read(mime);

  expect(readGraph(message, sample.files ?? [])).toEqual(mail);
}

test.each(everyKind)("$name", expectSame);

test("whatever the record", async () => {
  await fc.assert(fc.asyncProperty(anySample, expectSame), { numRuns: 60 });
});
