/**
 * The form in which messages are composed from records. It stands in the ledger beside the digest of
 * every message, so that one composed in an earlier form is not taken for one that was changed.
 * Raised by whoever changes a byte of any composed message (golden/messages.json notices).
 */
export const messageFormat = 1;
