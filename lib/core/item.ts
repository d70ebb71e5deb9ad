/**
 * One record of the source in one revision, read once and never judged again. Whatever the JSON, it
 * becomes an item or an unreadable record, both with an identity: nothing is dropped (archive API).
 */
import { canonicalJsonBytes } from "./canonical-json";
import type { Mail } from "./eml-mail";
import { type Conversation, readFields } from "./item-body";
import type { ItemDetails } from "./item-details";
import { type JsonObject, Problems, isJsonObject, isOneOf } from "./item-fields";
import type { SourceAttachment } from "./item-participants";
import { sha256Hex } from "./keys";
import type { ItemParticipant, Participant } from "./participant";
import { storable } from "./text";

export type { SourceAttachment } from "./item-participants";

const knownTypes = new Set([
  "CHAT",
  "CALL",
  "FILE",
  "IMAGE",
  "VIDEO",
  "AUDIO",
  "VOICE",
  "STICKER",
  "LOCATION",
  "CONTACT",
  "REACTION",
  "POLL",
  "EDITED",
  "DELETED",
  "SYSTEM",
] as const);

type KnownType = typeof knownTypes extends Set<infer Word> ? Word : never;

/** GENERIC: the record does not fit; what could be read is imported, with the record attached. */
export type ItemKind = KnownType | "GENERIC";

export type SourceItem = ItemDetails & {
  readonly sourceItemId: string;
  readonly revision: string;
  readonly kind: ItemKind;
  /** the record's own word for its type, also where the item is GENERIC */
  readonly messageType: string | null;
  readonly receivedAt: Date;
  /** the record does not say when it was received: `receivedAt` is the beginning of the window */
  readonly isUndated: boolean;
  /** what the message is dated: the phone's time, or the archive's where that is absurd */
  readonly messageAt: Date;
  readonly isDateReplaced: boolean;
  /** epoch milliseconds as the phone saw them, however absurd */
  readonly phoneTimeMs: number | null;
  readonly networkMessageId: string | null;
  readonly conversation: Conversation | null;
  readonly direction: "INCOMING" | "OUTGOING" | null;
  readonly sourceType: "PHONE_ARCHIVER" | "CLOUD_ARCHIVER" | null;
  readonly subject: string | null;
  /** as recorded: control characters are replaced where it is shown, not here */
  readonly text: string | null;
  readonly owner: Participant | null;
  readonly sender: Participant | null;
  readonly recipients: readonly Participant[];
  /** each once by type and value, in the order owner, sender, recipients */
  readonly participants: readonly ItemParticipant[];
  readonly attachments: readonly SourceAttachment[];
  /** what did not fit, in words and without content */
  readonly problems: readonly string[];
  /** another record had its id and revision before, with other content */
  readonly isChangedWithoutRevision: boolean;
  /** the record's body, untouched: the duplicate key is taken over it */
  readonly recorded: JsonObject;
  /** the staged record of a GENERIC item, which carries it as an attachment */
  readonly rawRecord: Uint8Array | null;
  /** what was delivered, where the record is a mail and all of it was read */
  readonly mail: Mail | null;
};

type Staged = {
  readonly recordBytes: Uint8Array;
  readonly recordSha256: string;
  /** the pair by which the archive's manifest counts the record; null where it does not */
  readonly manifestEntry: { readonly id: string; readonly revision: string } | null;
  /** the record is a mail as it was delivered, and no JSON */
  readonly isMail?: boolean;
};

export type DecodedRecord =
  | (Staged & { readonly outcome: "item"; readonly item: SourceItem })
  | (Staged & {
      readonly outcome: "unreadable";
      readonly sourceItemId: string;
      readonly revision: string;
    });

/**
 * Never throws, whatever the JSON.
 * @param receivedAtFallback the instant a broken gatewayReceivedDate falls back to (start of the window that returned it)
 */
export function decodeRecord(raw: unknown, receivedAtFallback: Date): DecodedRecord {
  return decode(raw, canonicalJsonBytes(raw), receivedAtFallback);
}

/**
 * The staged bytes (canonical JSON) back into an item.
 * @param recordedRevision the revision under which the item was recorded; another one than the
 * record's own says that the record changed at the source without a new revision
 */
export function decodeStaged(
  bytes: Uint8Array,
  receivedAtFallback: Date,
  recordedRevision?: string,
): DecodedRecord {
  const decoded = decode(parsed(bytes), bytes, receivedAtFallback);
  const isChanged = recordedRevision !== undefined && recordedRevision !== revisionOf(decoded);
  return isChanged ? withRevision(decoded, recordedRevision) : decoded;
}

/** The second record with the same id and revision but other content (archive API). */
export function changedWithoutRevision(decoded: DecodedRecord): DecodedRecord {
  return withRevision(decoded, `${revisionOf(decoded)}~${decoded.recordSha256.slice(0, 8)}`);
}

/** The record's own revision, of one that changed without a new one. */
export function ownRevision(revision: string): string {
  return revision.slice(0, -9);
}

function revisionOf(decoded: DecodedRecord): string {
  return decoded.outcome === "item" ? decoded.item.revision : decoded.revision;
}

function withRevision(decoded: DecodedRecord, revision: string): DecodedRecord {
  if (decoded.outcome === "unreadable") return { ...decoded, revision };
  return { ...decoded, item: { ...decoded.item, revision, isChangedWithoutRevision: true } };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString());
  } catch {
    return null;
  }
}

function decode(raw: unknown, recordBytes: Uint8Array, receivedAtFallback: Date): DecodedRecord {
  const recordSha256 = sha256Hex(recordBytes);
  const manifestEntry = identity(raw);
  const sourceItemId = manifestEntry === null ? `raw-${recordSha256}` : storable(manifestEntry.id);
  const revision = manifestEntry === null ? "1" : storable(manifestEntry.revision);
  const staged: Staged = { recordBytes, recordSha256, manifestEntry };
  const body = isJsonObject(raw) ? raw["body"] : null;
  if (!isJsonObject(raw) || !isJsonObject(body)) {
    return { ...staged, outcome: "unreadable", sourceItemId, revision };
  }
  const problems = new Problems();
  if (manifestEntry === null) problems.add("id or revision is missing or not a string");
  if (sourceItemId.length === 0 || sourceItemId.length > 1024)
    problems.add("id is empty or longer than 1024 characters");
  const fields = readFields(raw, body, receivedAtFallback, problems);
  const { messageType } = fields;
  const isKnown = isOneOf(messageType, knownTypes);
  if (!isKnown && messageType !== null) problems.add("messageType is not a known word");
  const fits = isKnown && problems.list.length === 0;
  const item: SourceItem = {
    sourceItemId,
    revision,
    kind: fits ? messageType : "GENERIC",
    ...fields,
    problems: problems.list,
    isChangedWithoutRevision: false,
    recorded: body,
    rawRecord: fits ? null : recordBytes,
    mail: null,
  };
  return { ...staged, outcome: "item", item };
}

function identity(raw: unknown): { id: string; revision: string } | null {
  if (!isJsonObject(raw)) return null;
  const { id, revision } = raw;
  return typeof id === "string" && typeof revision === "string" ? { id, revision } : null;
}
