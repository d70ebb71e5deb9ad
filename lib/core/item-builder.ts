/** Records as the archive sends them, for tests: whole and ordinary unless something else is asked for. */
import { type SourceItem, decodeRecord } from "./item";
import type { StagedAttachmentFacts } from "./message-attachments";
import type { Message, MessageContext } from "./message";
import { planMessage } from "./message";
import type { ResolvedParticipant } from "./participant";

type Fields = Readonly<Record<string, unknown>>;

export const windowStart = new Date("2026-03-01T00:00:00.000Z");
export const receivedAt = new Date("2026-03-01T10:00:00.000Z");
export const sentAt = new Date("2026-03-01T09:59:00.000Z");

export const ann = {
  type: "MOBILE",
  value: "16175550123",
  email: "ann@contoso.com",
  firstName: "Ann",
  lastName: "Smith",
};
export const bob = {
  type: "MOBILE",
  value: "445204334324",
  firstName: "Bob",
  lastName: "Jones",
};

/** Bob writes to Ann, whose phone is archived. */
export function record(body: Fields = {}, outer: Fields = {}): Fields {
  return {
    id: "item-1",
    revision: "1",
    gatewayReceivedDate: receivedAt.toISOString(),
    networkType: "WhatsApp",
    sourceType: "PHONE_ARCHIVER",
    body: {
      messageType: "CHAT",
      direction: "INCOMING",
      networkMessageId: "3EB0F1",
      messageTime: sentAt.getTime(),
      text: "Good morning",
      conversation: { id: "conversation-1", type: "DIRECT" },
      owner: ann,
      sender: bob,
      recipients: [ann],
      attachments: [],
      ...body,
    },
    ...outer,
  };
}

export function decodedItem(raw: unknown): SourceItem {
  const decoded = decodeRecord(raw, windowStart);
  if (decoded.outcome !== "item") throw new Error("The record cannot be read");
  return decoded.item;
}

export function itemOf(body: Fields = {}, outer: Fields = {}): SourceItem {
  return decodedItem(record(body, outer));
}

export const context: MessageContext = {
  sourceAccountId: "account-1",
  connectorId: "019a0000-0000-7000-8000-000000000001",
  messageDomain: "contoso.com",
  recordSha256: "ab".repeat(32),
  sizeLimitBytes: 10 * 1024 * 1024,
};

/** The participants of an item with the mailboxes found for them, by external id. */
export function resolved(
  item: SourceItem,
  mailboxes: Readonly<Record<string, string>> = {},
): ResolvedParticipant[] {
  return item.participants.map((participant) => {
    const { value } = participant;
    const address = Object.hasOwn(mailboxes, value) ? mailboxes[value] : undefined;
    return { ...participant, mailbox: address === undefined ? null : { id: address, address } };
  });
}

export function messageOf(
  item: SourceItem,
  facts: readonly StagedAttachmentFacts[] = [],
  mailboxes: Readonly<Record<string, string>> = {},
): Message {
  const plan = planMessage(item, resolved(item, mailboxes), facts, context);
  if (plan.outcome !== "message") throw new Error(plan.code);
  return plan.message;
}
