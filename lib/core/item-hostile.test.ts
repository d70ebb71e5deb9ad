import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { decodeRecord, decodeStaged } from "./item";
import { context, record, resolved, windowStart } from "./item-builder";
import { planMessage } from "./message";

// A hundred hostile records take a second, or ten on a machine that is busy with all the other tests.
vi.setConfig({ testTimeout: 60_000 });

/** As it comes off the wire: no -0, no undefined, and `__proto__` as a name like any other. */
const wire = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

const anyJson = fc.jsonValue({ maxDepth: 2 }).map(wire);
const misfit = fc
  .record(
    {
      messageType: fc.oneof(fc.constantFrom("CHAT", "CALL", "DELETED", "POLL"), anyJson),
      direction: anyJson,
      networkMessageId: anyJson,
      messageTime: fc.oneof(fc.double(), anyJson),
      text: fc.oneof(fc.string({ unit: "binary" }), anyJson),
      conversation: anyJson,
      owner: anyJson,
      sender: fc.record({ type: anyJson, value: anyJson, email: anyJson, firstName: anyJson }),
      recipients: fc.oneof(fc.array(anyJson), anyJson),
      attachments: fc.array(fc.oneof(anyJson, fc.record({ id: fc.string(), name: anyJson }))),
      call: fc.oneof(fc.record({ kind: anyJson, startTime: anyJson, endTime: anyJson }), anyJson),
      deleted: anyJson,
      location: fc.record({ latitude: fc.double(), longitude: anyJson }),
      contact: fc.oneof(fc.record({ vcard: fc.string() }), anyJson),
      poll: fc.record({ question: anyJson, options: fc.array(anyJson) }),
    },
    { requiredKeys: [] },
  )
  .map((body) => wire(record(body)));

describe("whatever the JSON", () => {
  test("it decodes without throwing, and the same again from its staged bytes", () => {
    fc.assert(
      fc.property(fc.oneof(anyJson, misfit), (raw) => {
        const decoded = decodeRecord(raw, windowStart);
        expect(decodeStaged(decoded.recordBytes, windowStart)).toEqual(decoded);
      }),
      { numRuns: 100 },
    );
  });

  test("what can be read becomes a message or is too large, the same one every time", () => {
    fc.assert(
      fc.property(misfit, (raw) => {
        const decoded = decodeRecord(raw, windowStart);
        if (decoded.outcome !== "item") return;
        const plan = () => planMessage(decoded.item, resolved(decoded.item), [], context);
        expect(plan()).toEqual(plan());
      }),
      { numRuns: 100 },
    );
  });

  test("metadata never holds what PostgreSQL refuses", () => {
    const dirty = fc.string({ unit: "binary" }).map((text) => `${text}\u0000\ud800`);
    fc.assert(
      fc.property(dirty, (text) => {
        const person = { type: "LOGIN", value: text, email: text, firstName: text, lastName: text };
        const raw = record(
          {
            networkMessageId: text,
            conversation: { id: text, type: "GROUP", name: text },
            owner: person,
            sender: person,
            recipients: [person],
            attachments: [{ id: `${text}a`, name: text, contentType: text }],
          },
          { id: text, revision: text },
        );
        const decoded = decodeRecord(raw, windowStart);
        if (decoded.outcome !== "item") throw new Error("unreadable");
        const { recorded: _recorded, rawRecord: _rawRecord, ...metadata } = decoded.item;
        expect(JSON.stringify(metadata)).not.toMatch(/\\u0000|\\ud[89a-f]/);
      }),
    );
  });
});

describe("a record made to break the reader", () => {
  test("nested 100,000 deep is decoded", () => {
    const deep: unknown = JSON.parse(`${'{"a":['.repeat(50_000)}1${"]}".repeat(50_000)}`);
    const raw = record({ text: deep, call: deep, poll: { question: deep, options: [deep] } });

    expect(decodeRecord(deep, windowStart).outcome).toBe("unreadable");
    expect(decodeRecord(raw, windowStart)).toMatchObject({ item: { kind: "GENERIC" } });
  });

  test("with 50,000 recipients is decoded with all of them", () => {
    const recipients = Array.from({ length: 50_000 }, (_, index) => ({
      type: "MOBILE",
      value: `${4_000_000_000 + index}`,
    }));
    const decoded = decodeRecord(record({ recipients }), windowStart);

    if (decoded.outcome !== "item") throw new Error("unreadable");
    expect(decoded.item.participants).toHaveLength(50_002);
    expect(decoded.item.kind).toBe("CHAT");
  });

  test("with 100,000 misfits lists twenty of them", () => {
    const decoded = decodeRecord(record({ recipients: Array(100_000).fill(7) }), windowStart);

    expect(decoded).toMatchObject({ item: { kind: "GENERIC" } });
    if (decoded.outcome === "item") expect(decoded.item.problems).toHaveLength(21);
  });

  test("with names of 10,000 characters is decoded as it is", () => {
    const name = "ü".repeat(10_000);
    const decoded = decodeRecord(
      record({ sender: { type: "LOGIN", value: name, firstName: name } }),
      windowStart,
    );

    expect(decoded).toMatchObject({ item: { kind: "CHAT", sender: { value: name } } });
  });
});
