import { sourceFailures } from "./source-failures";

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
  ...sourceFailures,
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
    advice:
      "Microsoft Entra issued no token: it did not answer, or asked us to slow down. The run will be retried.",
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
      "The staged copy of the item cannot be opened. Check that no encryption key was removed, then retry the item. If the copy is lost, import its days again with Import a past period.",
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
