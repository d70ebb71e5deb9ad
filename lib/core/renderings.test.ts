/** The mailbox's copy and the canonical bytes of a message hold the same, whatever the record. */
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { anySample } from "@/lib/testing/mail/any-sample";
import { composed } from "@/lib/testing/mail/composed";
import { readGraph } from "@/lib/testing/mail/graph";
import { everyKind, type Sample } from "@/lib/testing/mail/kinds";
import { postalMime } from "@/lib/testing/mail/readers";
import { attachmentsThatFit, createBodyBytes } from "./graph-message";
import { itemOf, messageOf } from "./item-builder";

// Properties are tried many times over, on machines that may be busy with all the other tests.
vi.setConfig({ testTimeout: 60_000 });

async function expectSame(sample: Sample): Promise<void> {
  const { message, mime } = await composed(sample);
  // Only the mail has plain text: the mailbox makes its own of the HTML.
  const { text: _text, ...mail } = await postalMime.read(mime);

  expect(readGraph(message, sample.files ?? [])).toEqual(mail);
}

test.each(everyKind)("$name", expectSame);

const people = (name: string) =>
  Array.from({ length: 1024 }, (_, index) => ({
    ...{ type: "MOBILE", value: `${4_917_000_000_000 + index}`, firstName: `${name}${index}` },
  }));

test.each([
  ["a group of 1,024 with names of 10,000 letters", { recipients: people("語".repeat(10_000)) }],
  ["a text of three megabytes that has to be escaped", { text: "<".repeat(3_000_000) }],
  ["both", { recipients: people("Zoë"), text: "語".repeat(1_000_000) }],
])("%s fits into one create, but for its attached text", (_name, fields) => {
  const message = messageOf(itemOf(fields));
  const { inline } = attachmentsThatFit(message, 4_000_000);

  expect(message.to.length).toBeLessThanOrEqual(500);
  expect(createBodyBytes(message, inline)).toBeLessThanOrEqual(4_000_000);
  expect(createBodyBytes(message, [])).toBeLessThan(2_000_000);
});

test("whatever the record", async () => {
  await fc.assert(fc.asyncProperty(anySample, expectSame), { numRuns: 60 });
});
