import { describe, expect, test } from "vitest";
import {
  auditDetails,
  canonicalEvent,
  chainBegin,
  chainHash,
  linkAfter,
  systemActor,
  verifyChain,
  type AuditHead,
  type ChainedEvent,
} from "./audit";
import { auditActions, isAuditAction } from "./audit-actions";

const tenantId = "3f2c0d6e-0000-4000-8000-000000000001";
const actor = { id: "1d6f0000-0000-4000-8000-000000000001", name: "Megan Bowen" };

const bare = {
  tenantId,
  at: new Date("2026-05-05T10:00:00.123Z"),
  actor,
  action: "connector.paused",
  subject: "connector:1",
  details: auditDetails({ name: "London desk" }),
};

function chainOf(length: number): ChainedEvent[] {
  const events: ChainedEvent[] = [];
  let head: AuditHead = chainBegin;
  for (let index = 0; index < length; index += 1) {
    const link = linkAfter(head, { ...bare, details: auditDetails({ index }) });
    events.push(link);
    head = link;
  }
  return events;
}

test("an event is hashed over everything it says, in one spelling", () => {
  const event = linkAfter(chainBegin, bare);
  expect(canonicalEvent(event)).toBe(
    `["","1","${tenantId}","2026-05-05T10:00:00.123Z",{"id":"${actor.id}","name":"Megan Bowen"},"connector.paused","connector:1","{\\"name\\":\\"London desk\\"}"]`,
  );
  expect(event.hash).toBe("5692394356595ab37b8de1bb6269f8b32e7360e99541c8a436b16869f0aa4e42");
});

test("details are the same whatever the order of their keys", () => {
  expect(auditDetails({ b: 1, a: { d: 2, c: 3 } })).toBe(auditDetails({ a: { c: 3, d: 2 }, b: 1 }));
});

test("a whole chain is verified, with its length and head", async () => {
  const events = chainOf(5);
  expect(await verifyChain(events)).toEqual({
    ok: true,
    count: 5,
    head: { sequence: 5n, hash: events[4]?.hash },
  });
});

test("a chain without events is whole", async () => {
  expect(await verifyChain([])).toEqual({ ok: true, count: 0, head: chainBegin });
});

describe("a change is found at its place", () => {
  const changes: Record<string, Partial<ChainedEvent>> = {
    "another person": { actor: { ...actor, name: "Somebody Else" } },
    "another person's id": { actor: { ...actor, id: "x" } },
    "another time": { at: new Date("2026-05-05T10:00:00.124Z") },
    "another action": { action: "connector.resumed" },
    "another subject": { subject: "connector:2" },
    "other details": { details: "{}" },
    "another tenant": { tenantId: "other" },
    "another hash": { hash: "0".repeat(64) },
  };

  test.each(Object.entries(changes))("%s", async (_name, change) => {
    const events = chainOf(4).map((event, index) =>
      index === 2 ? { ...event, ...change } : event,
    );
    expect(await verifyChain(events)).toMatchObject({ ok: false, sequence: 3n });
  });

  test("an event that was changed and hashed again breaks the one after it", async () => {
    const events = chainOf(4).map((event, index) => {
      if (index !== 1) return event;
      const changed = { ...event, subject: "connector:9" };
      return { ...changed, hash: chainHash(changed) };
    });
    expect(await verifyChain(events)).toMatchObject({
      ok: false,
      sequence: 3n,
      reason: "The event does not follow the one before it.",
    });
  });

  test("an event that was taken out leaves a hole", async () => {
    const events = chainOf(4).filter((_event, index) => index !== 1);
    expect(await verifyChain(events)).toMatchObject({
      ok: false,
      reason: "Event 2 is missing or out of order.",
    });
  });

  test("two events that changed places are noticed", async () => {
    const [first, second, third] = chainOf(3);
    const events = [first, third, second].filter((event) => event !== undefined);
    expect(await verifyChain(events)).toMatchObject({ ok: false, sequence: 3n });
  });

  test("a chain that lost its beginning is noticed", async () => {
    expect(await verifyChain(chainOf(3).slice(1))).toMatchObject({ ok: false, sequence: 2n });
  });
});

describe("with the head that is kept elsewhere", () => {
  test("newest events that were cut off are noticed", async () => {
    const events = chainOf(4);
    const head = { sequence: 4n, hash: events[3]?.hash ?? "" };
    expect(await verifyChain(events.slice(0, 2), head)).toEqual({
      ok: false,
      sequence: 3n,
      reason: "The newest events are missing.",
    });
  });

  test("a chain that was written anew is noticed", async () => {
    const head = { sequence: 4n, hash: "f".repeat(64) };
    expect(await verifyChain(chainOf(4), head)).toMatchObject({ ok: false, sequence: 4n });
  });

  test("a chain that grew in the meantime is whole", async () => {
    const events = chainOf(4);
    const head = { sequence: 2n, hash: events[1]?.hash ?? "" };
    expect(await verifyChain(events, head)).toMatchObject({ ok: true, count: 4 });
  });

  test("a chain that was written anew and grew is noticed at the old head", async () => {
    const head = { sequence: 2n, hash: "f".repeat(64) };
    expect(await verifyChain(chainOf(4), head)).toMatchObject({ ok: false, sequence: 2n });
  });
});

test("a long chain is verified as a stream, without keeping it", async () => {
  async function* stream() {
    let head: AuditHead = chainBegin;
    for (let index = 0; index < 5_000; index += 1) {
      const link = linkAfter(head, bare);
      yield link;
      head = link;
    }
  }
  expect(await verifyChain(stream())).toMatchObject({ ok: true, count: 5_000 });
});

test("every action has words for people", () => {
  for (const words of Object.values(auditActions)) expect(words).toMatch(/^[A-Z].*[^.]$/);
});

test.each([
  ["run.closed", true],
  ["run.exploded", false],
  ["constructor", false],
  ["__proto__", false],
])("%s is an action: %s", (word, expected) => {
  expect(isAuditAction(word)).toBe(expected);
});

test("where no person acted, the product itself is named", () => {
  expect(systemActor.id).toBe("system");
});
