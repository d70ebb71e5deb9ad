/** Who has to act before the work can succeed: nobody, nobody ever, or an administrator. */
export type FailureKind = "retryable" | "permanent" | "mailbox" | "configuration";

/** The place a run was passing when it failed. */
export type FailureOrigin =
  "source" | "staging" | "conversion" | "directory" | "mailbox" | "platform";

type Failure = {
  readonly kind: FailureKind;
  readonly origin: FailureOrigin;
  readonly advice: string;
};

/** The whole taxonomy: a code names one cause, and everything else about it is looked up here. */
export const failures = {
  SourceUnavailable: {
    kind: "retryable",
    origin: "source",
    advice: "TeleMessage did not answer. The run will be retried.",
  },
  SourceThrottled: {
    kind: "retryable",
    origin: "source",
    advice: "TeleMessage asked us to slow down. The run will be retried.",
  },
  SourceAuthFailed: {
    kind: "configuration",
    origin: "source",
    advice: "TeleMessage refused the username or password. Enter them again.",
  },
  SourceAccountLocked: {
    kind: "configuration",
    origin: "source",
    advice: "TeleMessage has locked the account. Ask TeleMessage to unlock it, then sign in again.",
  },
  SourceNoArchiveAccess: {
    kind: "configuration",
    origin: "source",
    advice:
      "The TeleMessage account may not read the archive. Sign in with an administration account.",
  },
  SourceHostKeyChanged: {
    kind: "configuration",
    origin: "source",
    advice:
      "The SFTP server no longer shows the host key that was confirmed. Either it was given a new key, or something else answers in its place; nothing was sent to it. Ask whoever runs the server for the fingerprint of its key, then compare and confirm it on Edit.",
  },
  SourceKeyRefused: {
    kind: "configuration",
    origin: "source",
    advice:
      "The SFTP server refused the username or the private key. Ask whoever runs it whether the public key is registered for this user, then enter them again.",
  },
  SourceKeyUnreadable: {
    kind: "configuration",
    origin: "source",
    advice:
      "The private key cannot be read. Enter the whole private key in OpenSSH's or the PEM form; a public key is not enough.",
  },
  SourceKeyLocked: {
    kind: "configuration",
    origin: "source",
    advice: "The passphrase does not open the private key. Enter the passphrase of this key.",
  },
  SourceOutdated: {
    kind: "configuration",
    origin: "source",
    advice:
      "The SFTP server offers only algorithms that are no longer safe. Whoever runs it must bring it up to date; then save Edit to try again.",
  },
  SourceFolderMissing: {
    kind: "configuration",
    origin: "source",
    advice:
      "The folder is not there on the SFTP server. Ask whoever runs it to bring it back, then save Edit to try again.",
  },
  SourceFolderDenied: {
    kind: "configuration",
    origin: "source",
    advice:
      "The user may not read the folder on the SFTP server, or a file in it. Ask whoever runs the server for the right to read, then save Edit to try again.",
  },
  SourceNotFound: {
    kind: "retryable",
    origin: "source",
    advice: "There is no server with this name. The run will be retried.",
  },
  SourceNotSftp: {
    kind: "retryable",
    origin: "source",
    advice: "What answers at this address and port is not an SFTP server. The run will be retried.",
  },
  SourceWindowExpired: {
    kind: "permanent",
    origin: "source",
    advice: "TeleMessage no longer holds this span of time. What it held can no longer be read.",
  },
  SourceCursorEndless: {
    kind: "permanent",
    origin: "source",
    advice: "TeleMessage kept sending the same pages. The reading was cut off and is checked.",
  },
  ManifestMismatch: {
    kind: "permanent",
    origin: "source",
    advice:
      "TeleMessage counts other items than it sent, also after the window was read again. Ask TeleMessage about the difference.",
  },
  DeliveryIncomplete: {
    kind: "permanent",
    origin: "source",
    advice:
      "A file of this delivery is not whole, or was refused. It is named on the connector's page with its reason, and asked for again by itself.",
  },
  SourceDecodeError: {
    kind: "permanent",
    origin: "source",
    advice: "TeleMessage sent an item that cannot be read.",
  },
  AttachmentGone: {
    kind: "permanent",
    origin: "source",
    advice: "TeleMessage no longer holds an attachment. The item was imported without it.",
  },
  AttachmentCorrupt: {
    kind: "permanent",
    origin: "source",
    advice:
      "An attachment arrived damaged three times. The item was imported without it; ask TeleMessage for the original.",
  },
  AttachmentUnavailable: {
    kind: "permanent",
    origin: "source",
    advice: "TeleMessage refused an attachment five times. The item was imported without it.",
  },
  AttachmentSizeExceeded: {
    kind: "permanent",
    origin: "conversion",
    advice: "An attachment is larger than the connector's limit. The item was imported without it.",
  },
  AttachmentsNotWritten: {
    kind: "permanent",
    origin: "mailbox",
    advice:
      "An attachment was not written into the mailbox: large attachments are switched off or Exchange Online refuses to add them, or three attempts did not bring it whole.",
  },
  ConversionError: {
    kind: "permanent",
    origin: "conversion",
    advice: "The item could not be converted to an email message.",
  },
  ItemSizeExceeded: {
    kind: "permanent",
    origin: "conversion",
    advice: "The item is larger than the connector's limit.",
  },
  UserMapping: {
    kind: "permanent",
    origin: "directory",
    advice:
      "The archived person has no Microsoft 365 mailbox. Add a mapping; the item is then imported by itself.",
  },
  ConsentRevoked: {
    kind: "configuration",
    origin: "mailbox",
    advice: "Admin consent was withdrawn. A Global Administrator must grant it again.",
  },
  AppSecretRefused: {
    kind: "configuration",
    origin: "mailbox",
    advice:
      "Microsoft Entra ID refused this portal's own client secret or certificate: it is wrong, or has expired. Renew it in the settings and restart portal and workers; then choose Grant admin consent, which proves it and lets every waiting connector go on.",
  },
  DirectoryUnavailable: {
    kind: "retryable",
    origin: "directory",
    advice: "The directory did not answer. The run will be retried.",
  },
  DirectoryThrottled: {
    kind: "retryable",
    origin: "directory",
    advice: "The directory asked us to slow down. The run will be retried.",
  },
  TokenThrottled: {
    kind: "retryable",
    origin: "mailbox",
    advice: "Microsoft Entra asked us to slow down. The run will be retried.",
  },
  MailboxThrottled: {
    kind: "retryable",
    origin: "mailbox",
    advice: "Exchange Online asked us to slow down. The run will be retried.",
  },
  MailboxUnavailable: {
    kind: "retryable",
    origin: "mailbox",
    advice: "Exchange Online did not answer. The item will be retried.",
  },
  MailboxFull: {
    kind: "mailbox",
    origin: "mailbox",
    advice: "The mailbox is full. Free space in it, then retry the item.",
  },
  MailboxNotFound: {
    kind: "mailbox",
    origin: "mailbox",
    advice: "The person has no mailbox in Exchange Online. Assign one, then retry the item.",
  },
  MailboxOutOfScope: {
    kind: "mailbox",
    origin: "mailbox",
    advice:
      "The application may not write into this mailbox. Widen its scope, then retry the item.",
  },
  ItemRefused: {
    kind: "permanent",
    origin: "mailbox",
    advice: "Exchange Online refused the item five times. It has to be looked at.",
  },
  Duplicate: {
    kind: "permanent",
    origin: "platform",
    advice: "The same message is already in this mailbox.",
  },
  MappingChanged: {
    kind: "permanent",
    origin: "platform",
    advice: "A newer mapping no longer names this mailbox for the item.",
  },
  Cancelled: {
    kind: "permanent",
    origin: "platform",
    advice: "The run was cancelled. Retry the item to import it.",
  },
  SpoolFull: {
    kind: "retryable",
    origin: "platform",
    advice:
      "There is no room for a delivered file on this machine's disk. Make room where its temporary files lie; the run will be retried.",
  },
  StagingUnavailable: {
    kind: "retryable",
    origin: "staging",
    advice: "The staging store did not answer. The run will be retried.",
  },
  StagingCorrupt: {
    kind: "permanent",
    origin: "staging",
    advice:
      "The staged copy of the item cannot be opened. Check that no encryption key was removed, then retry the item.",
  },
  MessageDiffers: {
    kind: "permanent",
    origin: "conversion",
    advice:
      "The message composed anew from the staged original is not the one that was imported. Nothing was downloaded. Tell whoever runs this portal; the audit has both digests.",
  },
  OriginalRemoved: {
    kind: "permanent",
    origin: "staging",
    advice:
      "The staged original was removed when its time was over. The item can no longer be imported.",
  },
  Interrupted: {
    kind: "retryable",
    origin: "platform",
    advice: "The worker was stopped. The run continues where it left off.",
  },
  Unexpected: {
    kind: "retryable",
    origin: "platform",
    advice: "A fault in this product. It has been logged.",
  },
} as const satisfies Record<string, Failure>;

export type FailureCode = keyof typeof failures;

/** True for a word that stands in the table, e.g. one read back from a row. */
export function isFailureCode(word: string): word is FailureCode {
  return Object.hasOwn(failures, word);
}

export class SyncError extends Error {
  override readonly name = "SyncError";
  readonly retryAfterMs: number | undefined;

  constructor(
    readonly code: FailureCode,
    options: ErrorOptions & { retryAfterMs?: number } = {},
  ) {
    super(failures[code].advice, options);
    this.retryAfterMs = options.retryAfterMs;
  }

  get kind(): FailureKind {
    return failures[this.code].kind;
  }

  get origin(): FailureOrigin {
    return failures[this.code].origin;
  }
}

/** Anything that was thrown, as a SyncError. What we did not foresee is our own fault, never the administrator's. */
export function toSyncError(thrown: unknown): SyncError {
  if (thrown instanceof SyncError) return thrown;
  const interrupted = thrown instanceof Error && thrown.name === "AbortError";
  return new SyncError(interrupted ? "Interrupted" : "Unexpected", { cause: thrown });
}
