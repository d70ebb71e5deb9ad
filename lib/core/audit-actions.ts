/** What the audit records. Apart from the chain, so that pages can read the words. */

/** Every action, with the words people read. */
export const auditActions = {
  "connector.created": "Created the connector",
  "connector.paused": "Paused the connector",
  "connector.resumed": "Resumed the connector",
  "connector.edited": "Changed the connector",
  "connector.deleted": "Deleted the connector",
  "connector.credentialReplaced": "Replaced the TeleMessage credential",
  "connector.consentGranted": "Renewed admin consent for the connector",
  "connector.attention": "The connector stopped and waits for an administrator",
  "connector.mended": "What had stopped the connector was mended",
  "draft.termsAccepted": "Accepted the terms of service",
  "draft.signedIn": "Signed in to TeleMessage",
  "draft.mappingUploaded": "Uploaded a mapping file in the wizard",
  "draft.mappingChanged": "Changed the user mapping in the wizard",
  "draft.consentConfirmed": "Confirmed admin consent in the wizard",
  "draft.deleted": "Deleted an unfinished connector",
  "consent.requested": "Asked for admin consent",
  "consent.granted": "Granted admin consent",
  "consent.linkRevoked": "Revoked a link that was handed over for admin consent",
  "consent.declined": "Declined admin consent",
  "run.started": "Started a run",
  "run.closed": "Closed a run",
  "run.retried": "Retried items that were not imported",
  "run.syncNow": "Asked for a run at once",
  "run.backfill": "Asked for a past period",
  "run.cancelled": "Cancelled a run",
  "delivery.dismissed": "Dismissed an item that failed",
  "originals.expired": "Originals were removed that nobody imported or dismissed in 400 days",
  "original.downloaded": "Downloaded an item",
  "original.unfounded": "An item could not be composed again as it was imported",
  "mapping.uploaded": "Uploaded a mapping file",
  "mapping.applied": "Put a mapping file in force",
  "mapping.lineAdded": "Added a line to the mapping",
  "mapping.lineChanged": "Changed a line of the mapping",
  "mapping.lineRemoved": "Removed a line from the mapping",
  "mapping.restored": "Went back to an earlier mapping",
  "mapping.resolved": "What waited was resolved anew by the changed mapping",
  "log.downloaded": "Downloaded a log",
  "source.signInRefused": "TeleMessage refused a sign-in",
  "session.signedIn": "Signed in",
  "session.signedOut": "Signed out",
  "access.denied": "Asked for something their role does not allow",
  "session.refused": "Was refused for want of a role",
  "audit.verified": "Verified the audit chain",
  "gap.found": "Found what the source no longer held",
  "gap.acknowledged": "Acknowledged what the source no longer held",
} as const;

export type AuditAction = keyof typeof auditActions;

/** True for a word that stands in the table, e.g. one read back from a row. */
export function isAuditAction(word: string): word is AuditAction {
  return Object.hasOwn(auditActions, word);
}
