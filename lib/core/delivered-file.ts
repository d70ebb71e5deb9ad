/**
 * A file of the vendor's delivery: `YYYYMMDD0000-TeleMessage_<file number>_<time zipped>.zip`. What of
 * the name the vendor does not document is read as tolerantly as can be, and never guessed into loss:
 * a name of another form is dated by when the file was written.
 */
import { sha256Hex } from "./keys";

export type DeliveredName = {
  readonly fileNumber: string | null;
  /** When it was zipped: the instant that says which window it belongs to. */
  readonly at: Date;
};

/** As the folder tells it, before anything of it was read. */
export type ListedFile = {
  readonly name: string;
  readonly sizeBytes: number;
  readonly modifiedAt: Date;
};

export type DeliveredState =
  /** still being written, or under a temporary name */
  | "waiting"
  /** left alone, for a reason */
  | "refused"
  /** its manifest holds */
  | "ready"
  /** every message of it is recorded */
  | "done";

/** A file with what is known of it. */
export type DeliveredFile = ListedFile & {
  /** says which window it belongs to */
  readonly at: Date;
  readonly state: DeliveredState;
  readonly reason: Refusal | null;
  /** null until it was read once */
  readonly sha256: string | null;
  /** what its manifest counts; null where nobody knows */
  readonly count: number | null;
};

/** What a name and a time tell; null for what is no file of a delivery. */
export function asListed({ name, sizeBytes, modifiedAt }: ListedFile): DeliveredFile | null {
  const { at } = readDeliveredName(name, modifiedAt);
  const known = { name, sizeBytes, modifiedAt, at, reason: null, sha256: null, count: null };
  if (isTemporary(name)) return { ...known, state: "waiting" };
  return isDelivered(name) ? { ...known, state: "ready" } : null;
}

/** Under a name it will not keep. */
function isTemporary(name: string): boolean {
  return /^[.~].*\.zip|\.zip[.~_]?(?:part|partial|filepart|tmp|temp|writing|upload|crdownload)$/i.test(
    name,
  );
}

export function isDelivered(name: string): boolean {
  return /^[^.~].*\.zip$/i.test(name);
}

const form = /^(\d{8})(\d{4})-TeleMessage_([^_]+)_(.+)\.zip$/i;

export function readDeliveredName(name: string, modifiedAt: Date): DeliveredName {
  const match = form.exec(name);
  const [, date = "", time = "", fileNumber = null, zipped = ""] = match ?? [];
  const said = zippedAt(date, zipped.replace(/\D/g, "")) ?? instantOf(`${date}${time}`);
  // Misread as a time to come it would belong to no window for years.
  const isAhead = said !== null && said.getTime() > modifiedAt.getTime() + dayMs;
  return { fileNumber, at: said === null || isAhead ? modifiedAt : said };
}

const dayMs = 86_400_000;

/** The vendor says that the time is in the name and not how: each form tells itself by its length. */
function zippedAt(date: string, digits: string): Date | null {
  switch (digits.length) {
    case 4:
    case 6:
    case 9:
      return instantOf(date + digits);
    case 10:
      return credible(new Date(Number(digits) * 1000));
    case 13:
      return credible(new Date(Number(digits)));
    case 12:
    case 14:
    case 17:
      return instantOf(digits);
    default:
      return null;
  }
}

const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(\d{3})?$/;

/** Times in names are UTC, as all times of the vendor's are. */
function instantOf(digits: string): Date | null {
  const match = parts.exec(digits);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second = "00", ms = "000"] = match;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`;
  const at = new Date(text);
  // 30 February is none.
  return Number.isNaN(at.getTime()) || at.toISOString() !== text ? null : credible(at);
}

const earliest = Date.UTC(2009, 0, 1);
const latest = Date.UTC(2100, 0, 1);

function credible(at: Date): Date | null {
  return at.getTime() >= earliest && at.getTime() < latest ? at : null;
}

/** What a window holds, in one line: the sum of the manifests, and the digest of the files. */
export function filesManifest(files: readonly DeliveredFile[]) {
  const lines = files.map(({ name, sha256, state }) => `${name}\t${sha256 ?? state}\n`).toSorted();
  const count = files.reduce((sum, file) => sum + (file.count ?? 0), 0);
  return { count, sha256: sha256Hex(lines.join("")) };
}

/** Why a file is left alone, and what to do. All of them may be mended by the vendor, so it is asked for again. */
export const refusals = {
  tooMany: "It holds more files than the limit. Ask for smaller ZIPs, or raise ZIP_MAX_ENTRIES.",
  tooLarge:
    "Unpacked it would be larger than the limit. Ask for smaller ZIPs, or raise ZIP_MAX_UNPACKED_GB.",
  tooDense:
    "It unpacks to more than the limit allows for its size. Ask whether that is right; if it is, raise ZIP_MAX_DENSITY.",
  nested: "It holds another ZIP file. Ask for the messages themselves.",
  encrypted: "It is encrypted. Ask for it without a password.",
  unsafeName: "It holds a file whose name leads out of it. Ask how that came about.",
  sameName: "It holds two files of one name. Ask for it anew.",
  damaged: "It is damaged or not whole yet. Ask for it anew if it stays so.",
  compression: "It is packed in a way that cannot be read. Ask for an ordinary ZIP.",
  noManifest: "It holds no manifest (.mf). Ask for it with its manifest.",
  manyManifests: "It holds more than one manifest (.mf). Ask for it anew.",
  noCount: "Its manifest says no count. Ask for it anew.",
  wrongCount:
    "The manifest counts other messages than the file holds. Ask for it anew if it stays so.",
  missingName:
    "The manifest names a message that is not in the file. Ask for it anew if it stays so.",
  unnamed: "It holds a message that the manifest does not name. Ask for it anew.",
  emptyMessage: "It holds a message of zero bytes. Ask for it anew if it stays so.",
} as const;

export type Refusal = keyof typeof refusals;
