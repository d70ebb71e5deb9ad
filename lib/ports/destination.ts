import type { FailureCode } from "@/lib/core/errors";

/** How a create ended, as far as the wire can tell. Only `inDoubt` needs a look into the mailbox. */
export type CreateAnswer =
  | { readonly outcome: "created"; readonly messageId: string }
  /** A 4xx other than 408 and 429: certainly not written. */
  | { readonly outcome: "refused"; readonly code: FailureCode; readonly status: number }
  /** 429: certainly not written; the mailbox asks for a pause. */
  | { readonly outcome: "throttled"; readonly retryAfterMs: number | null }
  /**
   * No answer, a cut or unreadable one, 408, 5xx, an abort: nobody knows. `sentAt` is when the
   * request was sent, which may be long after the call: a token may have had to be renewed first.
   */
  | { readonly outcome: "inDoubt"; readonly status: number | null; readonly sentAt: Date };

/** The folder of the mailbox is gone: look it up again, the item is certainly not written. */
export type FolderGone = { readonly outcome: "folderGone" };

/** A message found in a mailbox, with what is needed to judge whether it is complete. */
export type FoundMessage = {
  readonly messageId: string;
  readonly idempotencyKey: string | null;
  readonly attachments: readonly { readonly name: string; readonly sizeBytes: number }[];
};

/**
 * Exchange Online through Graph. One call is one request on the wire (plus one repeated with a new
 * token after a 401); pacing and retry belong to the lane. Unless said otherwise calls end with a
 * SyncError: ConsentRevoked, MailboxOutOfScope, MailboxNotFound, MailboxFull, MailboxThrottled
 * (with retryAfterMs), MailboxUnavailable, TokenThrottled.
 */
export type Destination = {
  /** The folder directly under the mailbox root, created if it is not there. Takes 1–3 requests. */
  ensureFolder(
    mailboxId: string,
    displayName: string,
    signal: AbortSignal,
    onRequest: (bytes: number) => void,
  ): Promise<string>;
  /**
   * @param body the JSON of the create, at most 4,000,000 bytes
   * @throws SyncError only when certainly nothing was written: ConsentRevoked, TokenThrottled,
   * MailboxUnavailable (no connection came about) and Interrupted (stopped before it was sent)
   */
  createMessage(
    mailboxId: string,
    folderId: string,
    body: string,
    signal: AbortSignal,
  ): Promise<CreateAnswer | FolderGone>;
  /** Through the whole mailbox, by internetMessageId. */
  findMessages(
    mailboxId: string,
    internetMessageId: string,
    signal: AbortSignal,
  ): Promise<readonly FoundMessage[]>;
  /** Past the Deleted Items folder. A message that is already gone is a success. */
  deletePermanently(mailboxId: string, messageId: string, signal: AbortSignal): Promise<void>;
};
