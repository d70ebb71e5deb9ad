/** A user of the tenant as Graph describes it; addresses are lower case, UPN first. */
export type DirectoryUser = {
  readonly id: string;
  readonly userPrincipalName: string;
  readonly mail: string | null;
  readonly displayName: string;
  /** UPN, primary address and SMTP aliases, lower case, each once. */
  readonly addresses: readonly string[];
  readonly isMember: boolean;
  readonly isEnabled: boolean;
  readonly hasExchangePlan: boolean;
};

/** What happened since a link was given out, or the first part of it. */
export type DirectoryChanges = {
  /** Added or changed, each once, as they are now. */
  readonly changed: readonly DirectoryUser[];
  /** Object ids of those who are gone, for a while or for ever. */
  readonly removed: readonly string[];
  /** Where it goes on: at the next part, or at what happens from now on. */
  readonly link: string;
  readonly isLast: boolean;
};

/**
 * The tenant's directory through Graph. Ends with a SyncError: ConsentRevoked, AppSecretRefused,
 * DirectoryUnavailable, DirectoryThrottled (with retryAfterMs), TokenThrottled.
 */
export type Directory = {
  /** Every user, page by page. */
  listUsers(signal: AbortSignal): AsyncIterable<readonly DirectoryUser[]>;
  /** The link from which everything that changes from now on is told. */
  latestLink(signal: AbortSignal): Promise<string>;
  /** "expired" when Graph no longer knows the link, or it is none of Graph's: everybody is to be read. */
  changesSince(link: string, signal: AbortSignal): Promise<DirectoryChanges | "expired">;
};

/** What a fresh application token says about the grant. */
export type GrantProof =
  | { readonly isGranted: true; readonly roles: readonly string[] }
  | { readonly isGranted: false; readonly missing: readonly string[] };

/** Admin consent at Microsoft Entra. */
export type ConsentProvider = {
  /** The v2 admin-consent page for this tenant; `state` is the single-use secret that comes back. */
  consentUrl(state: string): string;
  /** Asks for a fresh application token (never a cached one) and reads its roles. */
  proveGrant(signal: AbortSignal): Promise<GrantProof>;
};
