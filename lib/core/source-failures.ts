/** What can go wrong at TeleMessage and at the server it delivers to: the first part of the taxonomy. */
export const sourceFailures = {
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
} as const;
