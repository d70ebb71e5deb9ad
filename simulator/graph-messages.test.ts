import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { Harness, keyProperty, messageBody, type Answer } from "./testing/harness";

let harness: Harness;
let token: string;

beforeAll(async () => {
  harness = await Harness.open();
});
afterAll(() => harness.close());
beforeEach(async () => {
  await harness.putWorld();
  token = await harness.consentedToken();
});

type Message = Record<string, unknown> & { readonly id: string };
type List = { readonly value: readonly Message[] };

const inbox = "/users/ann@contoso.com/mailFolders/inbox/messages";

function create(
  body: unknown,
  path = inbox,
  headers: Record<string, string> = {},
): Promise<Answer> {
  return harness.graph(path, token, { method: "POST", body, headers });
}

describe("creating a message", () => {
  it("makes a received message out of the flags and dates of its MAPI properties", async () => {
    const answer = await create(messageBody("k1"));
    expect(answer.status).toBe(201);
    expect(answer.json()).toMatchObject({
      isDraft: false,
      isRead: true,
      receivedDateTime: "2026-05-15T12:00:00Z",
      sentDateTime: "2026-05-15T11:59:58Z",
      internetMessageId: "<k1@contoso.com>",
      categories: ["WhatsApp Archiver"],
      hasAttachments: false,
      bodyPreview: "Hello k1 & all",
    });
    expect(answer.json()).not.toHaveProperty("internetMessageHeaders");
    expect(answer.json()).not.toHaveProperty("singleValueExtendedProperties");
  });
});

describe("finding a message", () => {
  it("finds by internetMessageId and by the value of a named property", async () => {
    await create(messageBody("k1"));
    await create(messageBody("k2"));
    const byId = encodeURIComponent("internetMessageId eq '<k2@contoso.com>'");
    const byKey = encodeURIComponent(
      `singleValueExtendedProperties/Any(ep: ep/id eq '${keyProperty}' and ep/value eq 'K2')`,
    );
    for (const filter of [byId, byKey]) {
      const answer = await harness.graph(
        `/users/ann@contoso.com/messages?$filter=${filter}&$select=id,subject`,
        token,
      );
      expect(answer.json<List>().value.map(({ subject }) => subject)).toEqual([
        "WhatsApp Message k2",
      ]);
    }
  });
});
