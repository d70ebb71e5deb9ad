import type { StoredBytes } from "./blobs";

export type ExtendedProperty = { readonly id: string; readonly value: string };

export type StoredAttachment = {
  readonly serial: number;
  readonly name: string;
  readonly contentType: string | null;
  readonly isInline: boolean;
  readonly contentId: string | null;
  readonly contentLocation: string | null;
  readonly bytes: StoredBytes;
  readonly modifiedAt: number;
};

/** What a message is made of. What changes is kept apart from what does not, which is kept as JSON. */
export type MessageParts = {
  /** The properties of a Graph message that nothing but a PATCH of them changes. */
  document: Buffer;
  internetMessageId: string;
  isRead: boolean;
  isDraft: boolean;
  receivedAt: number;
  sentAt: number;
  extendedProperties: readonly ExtendedProperty[];
  attachments: readonly StoredAttachment[];
};

export type StoredMessage = MessageParts & {
  readonly serial: number;
  folder: number;
  readonly createdAt: number;
  modifiedAt: number;
  /** Counts changes; part of the change key. */
  revision: number;
};
