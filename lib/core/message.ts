/**
 * What an item looks like as an e-mail message (message format contract). Both renderings, MIME and
 * Graph JSON, come from this one intermediate message: same item and participants, same message.
 */
import { conversationIndex } from "./conversation-index";
import type { FailureCode } from "./errors";
import type { SourceItem } from "./item";
import { conversationKey, messageKey, networkMessageKey } from "./keys";
import {
  type MessageAttachment,
  type StagedAttachmentFacts,
  carriedAttachments,
  keptApart,
} from "./message-attachments";
import { contentOf } from "./message-content";
import { namedMessage } from "./message-facts";
import { headersOf, type MessageHeader } from "./message-headers";
import { type MailPerson, mailPerson, peopleOf } from "./message-people";
import { subjectOf } from "./message-subject";
import type { ResolvedParticipant } from "./participant";
import { firstUnits, oneLine, shortened } from "./text";

export type { MessageAttachment, StagedAttachmentFacts } from "./message-attachments";
export type { MailPerson } from "./message-people";

export type MessageContext = {
  readonly sourceAccountId: string;
  /** the connector whose run recorded the item */
  readonly connectorId: string;
  /** the tenant's default domain when the connector was created; it never changes */
  readonly messageDomain: string;
  readonly recordSha256: string;
  readonly sizeLimitBytes: number;
};

export type Message = {
  /** with its angle brackets, as are the references */
  readonly messageId: string;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  /** empty where the record names no conversation */
  readonly threadTopic: string;
  /** the conversation as Exchange knows one: base64, for the mailbox alone */
  readonly conversationIndex: string | null;
  readonly date: Date;
  readonly from: MailPerson;
  readonly to: readonly MailPerson[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly headers: readonly MessageHeader[];
  readonly attachments: readonly MessageAttachment[];
  /** of one that is not composed */
  readonly delivered?: DeliveredSource;
};

/** A message that came as a mail: its canonical form is what was delivered, with our headers in front. */
export type DeliveredSource = {
  readonly front: string;
  /** the mail itself, as it lies in staging */
  readonly mail: MessageAttachment;
  /** of the files a mailbox was not given, by which its copy names them */
  readonly leftOutSha256s: readonly string[];
};

export type PlannedMessage = {
  readonly outcome: "message";
  readonly message: Message;
  readonly leftOut: readonly { readonly index: number; readonly code: FailureCode }[];
};

export type MessagePlan =
  { readonly outcome: "failed"; readonly code: "ItemSizeExceeded" } | PlannedMessage;

/** Who comes after them is named in the body, where all of them are. */
export const mostInTo = 500;

export function planMessage(
  item: SourceItem,
  participants: readonly ResolvedParticipant[],
  attachments: readonly StagedAttachmentFacts[],
  context: MessageContext,
): MessagePlan {
  const { sourceAccountId, messageDomain, sizeLimitBytes } = context;
  const { carried, leftOut, carriedBytes } = carriedAttachments(item, attachments, sizeLimitBytes);
  const sizeBytes = Buffer.byteLength(item.text ?? "") + carriedBytes;
  if (sizeBytes > sizeLimitBytes) return { outcome: "failed", code: "ItemSizeExceeded" };

  const people = peopleOf(item, participants);
  const idOf = (key: string) => `<${key}@${messageDomain}>`;
  const inReplyTo = namedMessage(item);
  const parent = inReplyTo === null ? null : idOf(networkMessageKey(sourceAccountId, inReplyTo));
  const conversationId = item.conversation?.id ?? null;
  const conversation =
    conversationId === null ? null : conversationKey(sourceAccountId, conversationId);
  const root = conversation === null ? [] : [idOf(conversation)];
  const files = keptApart(carried);
  const told = { people, carried: files, leftOut, connectorId: context.connectorId };
  const body = contentOf(item, told);
  const message: Message = {
    messageId: idOf(messageKey(sourceAccountId, item)),
    inReplyTo: parent,
    references: parent === null ? root : [...root, parent],
    threadTopic: threadTopic(item),
    conversationIndex: conversation === null ? null : conversationIndex(conversation),
    date: item.messageAt,
    from: people.author === null ? nobody : mailPerson(people.author),
    to: people.addressees.slice(0, mostInTo).map(mailPerson),
    subject: subjectOf(item, people),
    text: body.text,
    html: body.html,
    headers: headersOf(item, context),
    attachments: keptApart([...files, ...body.attachments]),
  };
  return {
    outcome: "message",
    message,
    leftOut: leftOut.map(({ index, code }) => ({ index, code })),
  };
}

const nobody: MailPerson = { name: "Unknown sender", address: "unknown@whatsapp.invalid" };

function threadTopic({ conversation }: SourceItem): string {
  const topic = conversation?.name?.trim() || conversation?.id || "";
  return shortened(oneLine(firstUnits(topic, 1000)), 250);
}
