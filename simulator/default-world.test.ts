import { describe, expect, it } from "vitest";
import { defaultWorld } from "./default-world";

const hour = 3_600_000;
const now = Date.UTC(2026, 10, 22, 9, 41, 7);
const tenant = "3f2c0d6e-0000-4000-8000-000000000001";
const world = defaultWorld(tenant, now);

type Item = {
  readonly id: string;
  readonly gatewayReceivedDate: string;
  readonly body: Record<string, unknown> & {
    readonly messageType: string;
    readonly text?: string;
    readonly networkMessageId?: string;
    readonly conversation?: { readonly type: string };
    readonly attachments?: readonly { readonly id: string; readonly sizeBytes: number }[];
  };
};

const items = world.telemessage.records as readonly Item[];
const at = ({ gatewayReceivedDate }: Item) => Date.parse(gatewayReceivedDate);
const lastDay = items.filter((item) => at(item) >= now - 24 * hour);

describe("the default world", () => {
  it("has the tenant it is given and two dozen people in every state of a mailbox", () => {
    expect(world.tenant).toMatchObject({ id: tenant, domain: "contoso.com" });
    expect(world.people.length).toBeGreaterThanOrEqual(24);
    expect(new Set(world.people.map(({ mailbox }) => mailbox))).toEqual(
      new Set(["ok", "none", "full", "denied"]),
    );
  });

  it("has about a thousand records over the last five days, a good fifth of them of the last", () => {
    expect(items.length).toBeGreaterThan(900);
    expect(items.length).toBeLessThan(1500);
    expect(lastDay.length).toBeGreaterThan(180);
  });

  it("keeps a quarter of an hour away from now", () => {
    expect(Math.max(...items.map(at))).toBeLessThan(now - 15 * 60_000);
  });

  it("gives every record an id of its own", () => {
    expect(new Set(items.map(({ id }) => id)).size).toBe(items.length);
  });

  it("shows every kind of item within any day", () => {
    const kinds = new Set(lastDay.map(({ body }) => body.messageType));
    for (const kind of [
      ..."CHAT CALL FILE IMAGE VIDEO AUDIO VOICE STICKER LOCATION CONTACT".split(" "),
      ..."REACTION POLL EDITED DELETED SYSTEM PAYMENT".split(" "),
    ]) {
      expect(kinds).toContain(kind);
    }
    const parts = lastDay.map(({ body }) => JSON.stringify(body));
    for (const part of [
      ...['"ANSWERED"', '"MISSED"', '"REJECTED"', '"BUSY"', '"excerpt"', '"emoji":""'],
      ...['"FOR_ME","readState":"UNREAD"', '"FOR_ME","readState":"READ"'],
      ...['"FOR_ALL","readState":"READ"', '"FOR_ALL","readState":"UNKNOWN"'],
    ]) {
      expect([part, parts.some((text) => text.includes(part))]).toEqual([part, true]);
    }
    const types = new Set(lastDay.map(({ body }) => body.conversation?.type));
    expect([...types]).toEqual(expect.arrayContaining(["DIRECT", "GROUP", "BROADCAST"]));
  });

  it("has a group of 1,024 and a text of more than a megabyte", () => {
    const recipients = lastDay.map(
      ({ body }) => (body["recipients"] as unknown[] | undefined) ?? [],
    );
    expect(Math.max(...recipients.map(({ length }) => length))).toBe(1023);
    expect(Math.max(...lastDay.map(({ body }) => body.text?.length ?? 0))).toBeGreaterThan(1 << 20);
  });

  it("speaks several scripts, some from right to left", () => {
    const texts = lastDay.map(({ body }) => body.text ?? "").join("\n");
    for (const script of ["Arabic", "Hebrew", "Cyrillic", "Hiragana", "Han", "Devanagari"]) {
      expect([script, new RegExp(`\\p{Script=${script}}`, "u").test(texts)]).toEqual([
        script,
        true,
      ]);
    }
  });

  it("has attachments below, at and above 10 MiB", () => {
    const sizes = lastDay.flatMap(({ body }) =>
      (body.attachments ?? []).map(({ sizeBytes }) => sizeBytes),
    );
    const limit = 10 * 1024 * 1024;
    expect(sizes).toContain(limit);
    expect(sizes.some((size) => size > limit)).toBe(true);
    expect(sizes.some((size) => size < limit && size > limit - 4096)).toBe(true);
  });

  it("has copies of a message in several archives, under one message id", () => {
    const owners = new Map<string, number>();
    for (const { body } of lastDay) {
      const id = body.networkMessageId ?? "";
      owners.set(id, (owners.get(id) ?? 0) + 1);
    }
    expect([...owners.values()].some((count) => count > 1)).toBe(true);
  });

  it("tells the same of the same hour whenever it is started", () => {
    const later = defaultWorld(tenant, now + 7 * hour).telemessage.records as readonly Item[];
    const shared = (each: Item) => at(each) > now - 80 * hour && at(each) < now - hour;
    expect(later.filter(shared)).toEqual(items.filter(shared));
    expect(Math.max(...later.map(at))).toBeGreaterThan(now + 6 * hour);
  });
});
