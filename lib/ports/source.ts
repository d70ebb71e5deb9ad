import type { DeliveredFile, ListedFile } from "@/lib/core/delivered-file";
import type { DeliveredMail } from "@/lib/core/eml-item";
import type { SyncWindow } from "@/lib/core/window";

/** What the archive wants to hear to let us in. Lives in memory only while it is used. */
export type SourceCredential = ApiCredential | SftpCredential;

export type ApiCredential = {
  readonly delivery: "API";
  readonly username: string;
  readonly password: string;
};

/** A password, a private key, or both. */
export type SftpCredential = {
  readonly delivery: "SFTP";
  readonly host: string;
  readonly port: number;
  /** As typed; a relative one begins where the server puts the user. */
  readonly folder: string;
  readonly username: string;
  readonly password: string | null;
  /** In OpenSSH's or the PEM form. */
  readonly privateKey: string | null;
  readonly passphrase: string | null;
  /** The server's key as it was confirmed: `ssh-ed25519 SHA256:…`. No other is spoken to. */
  readonly hostKey: string;
  /** Files that are done are moved to `done/`; otherwise nothing is changed on the server. */
  readonly movesFinishedFiles: boolean;
};

/** The key that an SFTP server shows, as SftpCredential has it. Nobody signs in for it. */
export type ReadHostKey = (
  address: { readonly host: string; readonly port: number },
  signal: AbortSignal,
) => Promise<string>;

export type SourceAccount = { readonly id: string; readonly name: string };

/** One page of raw records; nothing has been judged yet. */
export type SourcePage = {
  /** exactly as parsed from JSON */
  readonly records: readonly unknown[];
  /** of a source that hands over mails */
  readonly mails?: readonly DeliveredMail[];
  /** of a source that delivers files: those all of whose records were handed over with this page */
  readonly completed?: readonly DeliveredFile[];
  readonly nextCursor: string | null;
};

export type SourceManifest = {
  readonly count: number;
  readonly sha256: string;
  /**
   * Of a source that delivers files: those of the window. Its digest is theirs and not that of the
   * records, so the window is whole when all of them are done.
   */
  readonly files?: readonly DeliveredFile[];
  /** Files of other windows that lie there too: a late one is found by them. */
  readonly others?: readonly DeliveredFile[];
};

/** What a source that delivers files may ask of what it delivered before. */
export type SourceLedger = {
  /** Files of the window that were read or refused. */
  files(window: SyncWindow): Promise<readonly DeliveredFile[]>;
  /** Of these names those that nobody needs any more: everything of them is staged, as they were then. */
  settled(names: readonly string[]): Promise<readonly ListedFile[]>;
  /** Whether the server let them be moved. */
  moved(outcome: { readonly isRefused: boolean }): Promise<void>;
};

/** An attachment on its way: what the source said of it, and its bytes. */
export type SourceDownload = {
  readonly contentType: string | null;
  /** From Content-Length; null when the source did not say. */
  readonly sizeBytes: number | null;
  /** Lower-case hex from Digest; null when the source did not say. */
  readonly sha256: string | null;
  readonly bytes: AsyncIterable<Uint8Array>;
};

/** A person the source archives, as registered there. */
export type SourceUser = {
  readonly id: string;
  readonly mobile: string | null;
  readonly email: string | null;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly status: string;
  readonly lastActivityAt: Date | null;
};

/**
 * Where items come from. Every call has a deadline of its own and ends with a SyncError of origin
 * `source`: SourceUnavailable, SourceThrottled (with retryAfterMs), SourceAuthFailed,
 * SourceAccountLocked, SourceNoArchiveAccess, SourceWindowExpired, AttachmentGone.
 */
export type Source = {
  /** Signs in afresh and says whose archive it is. Nothing is cached from a failed sign-in. */
  signIn(credential: SourceCredential, signal: AbortSignal): Promise<SourceAccount>;
  /** One session for one run; it signs in again by itself when its token expires. */
  open(credential: SourceCredential, ledger?: SourceLedger): SourceSession;
};

export type SourceSession = {
  readonly account: (signal: AbortSignal) => Promise<SourceAccount>;
  /**
   * @param cursor as the page before gave it; null for the first
   * @throws CursorExpired when the archive forgot the cursor: the window starts again
   * @throws WindowExpired when the archive no longer holds (all of) the window
   */
  fetchPage(
    window: SyncWindow,
    cursor: string | null,
    limit: number,
    signal: AbortSignal,
  ): Promise<SourcePage>;
  fetchManifest(window: SyncWindow, signal: AbortSignal): Promise<SourceManifest>;
  /** Whole bytes from the start. Checking them is the caller's business. */
  fetchAttachment(attachmentId: string, signal: AbortSignal): Promise<SourceDownload>;
  /** The registered users, all pages; null where the source has no such list. */
  listUsers(signal: AbortSignal): Promise<readonly SourceUser[] | null>;
  /** Gives back what the session holds; of one that holds nothing it is not asked. */
  readonly close?: () => Promise<void>;
};

/** The archive forgot a cursor; what was recorded stays, the window is read from its first page. */
export class CursorExpired extends Error {
  override readonly name = "CursorExpired";
}

/** The archive no longer holds everything before `oldestAvailable`. */
export class WindowExpired extends Error {
  override readonly name = "WindowExpired";

  constructor(readonly oldestAvailable: Date) {
    super("The archive no longer holds this window");
  }
}
