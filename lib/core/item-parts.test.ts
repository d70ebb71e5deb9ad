/** What an item keeps of its record: metadata, attachments, calls, and the staged bytes. */
import { describe, expect, test } from "vitest";
import { changedWithoutRevision, decodeRecord, decodeStaged } from "./item";
import { ann, decodedItem, itemOf, record, windowStart } from "./item-builder";

describe("metadata", () => {
  test("loses U+0000 and lone surrogates, which PostgreSQL refuses", () => {
    const item = itemOf(
      {
        networkMessageId: "A\u0000B",
        owner: { ...ann, firstName: "A\ud800nn", value: "1617\u00005550123" },
        conversation: { id: "c\u0000", type: "GROUP", name: "Sales \udc00😀" },
      },
      { id: "item\u0000\ud83d" },
    );

    expect(item.sourceItemId).toBe("item");
    expect(item.networkMessageId).toBe("AB");
    expect(item.owner).toMatchObject({ firstName: "Ann", value: "16175550123" });
    expect(item.conversation).toMatchObject({ id: "c", name: "Sales 😀" });
  });

  test("the manifest counts the id as the archive wrote it", () => {
    expect(decodeRecord(record({}, { id: "a\u0000" }), windowStart).manifestEntry).toEqual({
      id: "a\u0000",
      revision: "1",
    });
  });

  test("text is content and stays as it was", () => {
    expect(itemOf({ text: "a\u0000b" }).text).toBe("a\u0000b");
  });
});

describe("attachments", () => {
  const photo = { id: "att-1", name: "a.jpg", contentType: "image/jpeg" };

  test("a size or hash that cannot be is taken for missing, since what counts is what arrives", () => {
    const item = itemOf({ attachments: [{ ...photo, sizeBytes: -1, sha256: "no" }] });

    expect(item.kind).toBe("CHAT");
    expect(item.attachments).toEqual([{ ...photo, sizeBytes: null, sha256: null }]);
  });

  test("that cannot be asked for are kept in the list, to be told as missing", () => {
    const item = itemOf({ attachments: [{ name: "b.jpg" }, null, "c.jpg", photo] });

    expect(item.kind).toBe("GENERIC");
    expect(item.attachments.map(({ id, name }) => [id, name])).toEqual([
      ["", "b.jpg"],
      ["", ""],
      ["", ""],
      ["att-1", "a.jpg"],
    ]);
  });

  test("whose id is a number are asked for by that number", () => {
    expect(itemOf({ attachments: [{ ...photo, id: 7 }] }).attachments[0]?.id).toBe("7");
  });

  test("a deletion does not repeat the original's attachments", () => {
    const deleted = { originalId: "A", scope: "FOR_ALL", readState: "READ" };

    expect(itemOf({ messageType: "DELETED", deleted, attachments: [photo] }).attachments).toEqual(
      [],
    );
  });
});

describe("staged records", () => {
  test("the staged bytes are the canonical JSON of the record", () => {
    const { recordBytes } = decodeRecord({ id: "b", a: [1, { z: 1, y: "ü" }] }, windowStart);

    expect(Buffer.from(recordBytes).toString()).toBe('{"a":[1,{"y":"ü","z":1}],"id":"b"}');
  });

  test("the staged bytes give the same item again", () => {
    const decoded = decodeRecord(record(), windowStart);

    expect(decodeStaged(decoded.recordBytes, windowStart)).toEqual(decoded);
  });

  test("other content under the same id and revision is a revision of its own, marked as such", () => {
    const decoded = decodeRecord(record(), windowStart);
    const changed = changedWithoutRevision(decoded);
    const revision = `1~${decoded.recordSha256.slice(0, 8)}`;

    expect(changed).toMatchObject({
      item: { revision, isChangedWithoutRevision: true, kind: "CHAT" },
    });
    expect(decodeStaged(decoded.recordBytes, windowStart, revision)).toEqual(changed);
    expect(decodeStaged(decoded.recordBytes, windowStart, "1")).toEqual(decoded);
  });

  test("bytes that are no JSON are unreadable, not a crash", () => {
    expect(decodeStaged(Buffer.from("{"), windowStart).outcome).toBe("unreadable");
  });
});

describe("calls", () => {
  test.each([
    ["the given duration", { durationInMillis: 1500, startTime: 0, endTime: 9000 }, 1500],
    ["start and end in milliseconds", { startTime: 1000, endTime: 9000 }, 8000],
    [
      "start and end in ISO 8601",
      { startTime: "2026-03-01T10:00:00Z", endTime: "2026-03-01T10:01:00Z" },
      60_000,
    ],
  ])("their duration comes from %s", (_name, times, durationMs) => {
    const item = itemOf({
      messageType: "CALL",
      call: { kind: "VOICE", status: "ANSWERED", ...times },
    });

    expect(item).toMatchObject({ kind: "CALL", call: { durationMs } });
  });

  test("a missed call needs no duration", () => {
    const item = itemOf({ messageType: "CALL", call: { kind: "VOICE", status: "MISSED" } });

    expect(item).toMatchObject({ kind: "CALL", call: { durationMs: 0 } });
  });

  test("a duration below zero does not fit", () => {
    const call = { kind: "VOICE", status: "ANSWERED", durationInMillis: -1 };

    expect(itemOf({ messageType: "CALL", call }).kind).toBe("GENERIC");
  });
});

test("names that JavaScript knows are just names", () => {
  const raw: unknown = JSON.parse(
    '{"id":"x","revision":"1","__proto__":{"body":{}},"constructor":1,"body":{"messageType":"toString","__proto__":{"text":"no"},"owner":{"type":"__proto__","value":"1"}}}',
  );
  const item = decodedItem(raw);

  expect(item).toMatchObject({ kind: "GENERIC", messageType: "toString", text: null });
  expect(item.owner?.type).toBe("OTHER");
});
