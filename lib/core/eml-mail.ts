/** A delivered mail as it was parsed: what it says, and nothing of what that means. */

/** As the header has it, decoded. */
export type HeaderPerson = { readonly name: string; readonly address: string };

export type MailFile = {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Uint8Array;
  /** by which the HTML shows it, without its angle brackets */
  readonly contentId: string | null;
};

export type Mail = {
  /** with its angle brackets; null where there is none that could be told again */
  readonly messageId: string | null;
  /** as the header has it, whatever it is */
  readonly messageIdAsWritten: string;
  readonly inReplyTo: string | null;
  readonly references: readonly string[];
  readonly threadTopic: string;
  readonly subject: string;
  readonly date: Date | null;
  readonly from: readonly HeaderPerson[];
  readonly to: readonly HeaderPerson[];
  readonly text: string | null;
  readonly html: string | null;
  readonly files: readonly MailFile[];
  /** what could not be read, in words */
  readonly problems: readonly string[];
};
