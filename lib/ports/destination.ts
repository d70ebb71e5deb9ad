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
   * request left, which may be long after the call: a token may have had to be renewed first, or a
   * connection been waited for.
   */
  | { readonly outcome: "inDoubt"; readonly status: number | null; readonly sentAt: Date };

/** The folder of the mailbox is gone: look it up again, the item is certainly not written. */
export type FolderGone = { readonly outcome: "folderGone" };

/** A message found in a mailbox, with what is needed to judge whether it is complete. */
export type FoundMessage = {
  readonly messageId: string;
  readonly idempotencyKey: string | null;
  /** HTML, as Exchange shows it. */
  readonly body: string;
  readonly attachments: readonly { readonly name: string; readonly sizeBytes: number }[];
};

/** A file that is added to a message which is already in the mailbox. */
export type AddedFile = {
  readonly name: string;
  readonly contentType: string;
  readonly sizeBytes: number;
};

/** How adding an attachment, or a part of one, did not come about. */
export type AttachFailure =
  /** Exchange adds nothing to a message that exists, whatever is attached. */
  | { readonly outcome: "notAllowed"; readonly status: number }
  /** Certainly not added, for what it is or for what the mailbox is. */
  | { readonly outcome: "refused"; readonly code: FailureCode }
  | { readonly outcome: "throttled"; readonly retryAfterMs: number | null }
  /** The message is no longer there. */
  | { readonly outcome: "messageGone" }
  /** Nobody knows whether it was carried out. */
  | { readonly outcome: "unclear" };

export type PieceAnswer =
  /** `next` is the byte the session waits for. */
  | { readonly outcome: "received"; readonly next: number }
  /** It was the last one: the attachment is in the message. */
  | { readonly outcome: "attached" }
  /** Not the piece the session waits for. */
  | { readonly outcome: "outOfOrder" }
  /** The session is over: expired, or completed by a piece whose answer was lost. */
  | { readonly outcome: "sessionGone" }
  | Exclude<AttachFailure, { readonly outcome: "messageGone" }>;

/** What a session says when it is asked; `unclear` also where it cannot be asked. */
export type SessionState = Extract<
  PieceAnswer,
  { readonly outcome: "received" | "sessionGone" | "throttled" | "unclear" }
>;

/**
 * Adds files to a message of Exchange Online. One call is one request on the wire, as below; outcomes
 * are returned. @throws SyncError ConsentRevoked, TokenThrottled, Interrupted
 */
export type Attaching = {
  /** Below 3 MB, in one request. @param body its JSON */
  addAttachment(
    mailboxId: string,
    messageId: string,
    body: string,
    signal: AbortSignal,
  ): Promise<{ readonly outcome: "attached" } | AttachFailure>;
  /** From 3 MB on, in pieces. The address is a permission in itself: it is sent nowhere else and never told. */
  openSession(
    mailboxId: string,
    messageId: string,
    file: AddedFile,
    signal: AbortSignal,
  ): Promise<
    | { readonly outcome: "opened"; readonly uploadUrl: string }
    /** Exchange draws the line elsewhere: in one request, please. */
    | { readonly outcome: "tooSmall" }
    | AttachFailure
  >;
  sendPiece(
    uploadUrl: string,
    piece: { readonly from: number; readonly totalBytes: number; readonly bytes: Uint8Array },
    signal: AbortSignal,
  ): Promise<PieceAnswer>;
  askSession(uploadUrl: string, signal: AbortSignal): Promise<SessionState>;
  /** Names and sizes of what a message has; null when that could not be found out. */
  listAttachments(
    mailboxId: string,
    messageId: string,
    signal: AbortSignal,
  ): Promise<FoundMessage["attachments"] | null>;
};

/**
 * Exchange Online through Graph. One call is one request on the wire (plus one repeated with a new
 * token after a 401); pacing and retry belong to the lane. Unless said otherwise calls end with a
 * SyncError: ConsentRevoked, MailboxOutOfScope, MailboxNotFound, MailboxFull, MailboxThrottled
 * (with retryAfterMs), MailboxUnavailable, TokenThrottled.
 */
export type Destination = Attaching & {
  /**
   * The folder directly under the mailbox root, created if it is not there. Takes 1–3 requests.
   * @throws SyncError also ItemRefused: a 4xx nobody foresaw
   */
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
