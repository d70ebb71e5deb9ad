import type { StoredBytes } from "../state/blobs";
import { normalizePropertyId } from "../state/property-ids";
import type { StoredMessage } from "../state/stored-message";
import { addressList, type Address } from "./write-headers";

export type MimeFile = {
  readonly name: string;
  readonly contentType: string | null;
  readonly isInline: boolean;
  readonly contentId: string | null;
  readonly bytes: StoredBytes;
};

/** What of a stored message goes into its MIME form. */
export type RenderedMessage = {
  readonly messageId: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly bodyType: string;
  readonly body: string;
  readonly files: readonly MimeFile[];
};

/** Headers that a JSON create can only give as MAPI properties. */
const mapiHeaders: readonly (readonly [propertyId: string, header: string])[] = [
  ["String 0x1042", "In-Reply-To"],
  ["String 0x1039", "References"],
  ["String 0x0070", "Thread-Topic"],
];

type Recipient = { readonly emailAddress?: { readonly name?: string; readonly address?: string } };

type Document = {
  readonly subject?: string;
  readonly body?: { readonly contentType?: string; readonly content?: string };
  readonly from?: Recipient;
  readonly sender?: Recipient;
  readonly toRecipients?: readonly Recipient[];
  readonly ccRecipients?: readonly Recipient[];
  readonly replyTo?: readonly Recipient[];
  readonly internetMessageHeaders?: readonly { readonly name: string; readonly value: string }[];
};

export function toRenderedMessage(message: StoredMessage): RenderedMessage {
  const document = JSON.parse(message.document.toString()) as Document;
  const from = addressesOf([document.from]);
  const sender = addressesOf([document.sender]);
  const properties = new Map(
    message.extendedProperties.map(({ id, value }) => [normalizePropertyId(id), value]),
  );
  const headers = [
    { name: "Date", value: new Date(message.sentAt).toUTCString().replace("GMT", "+0000") },
    { name: "From", value: addressList(from) },
    { name: "Sender", value: addressList(sender) === addressList(from) ? "" : addressList(sender) },
    { name: "Reply-To", value: addressList(addressesOf(document.replyTo ?? [])) },
    { name: "To", value: addressList(addressesOf(document.toRecipients ?? [])) },
    { name: "Cc", value: addressList(addressesOf(document.ccRecipients ?? [])) },
    { name: "Subject", value: document.subject ?? "" },
    { name: "Message-ID", value: message.internetMessageId },
    ...mapiHeaders.map(([id, name]) => ({ name, value: properties.get(id) ?? "" })),
    ...(document.internetMessageHeaders ?? []).filter(({ name }) => /^x-/i.test(name)),
  ];
  return {
    messageId: message.internetMessageId,
    headers: headers.filter(({ value }) => value !== ""),
    bodyType: document.body?.contentType ?? "text",
    body: document.body?.content ?? "",
    files: message.attachments,
  };
}

function addressesOf(recipients: readonly (Recipient | undefined)[]): Address[] {
  return recipients.flatMap((recipient) => {
    const { name = "", address = "" } = recipient?.emailAddress ?? {};
    return address === "" ? [] : [{ name, address }];
  });
}
