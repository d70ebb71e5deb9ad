/** Which files a message carries, under which names, and which are left out (message-format, "Attachments" and "Size"). */
import type { FailureCode } from "./errors";
import type { SourceAttachment, SourceItem } from "./item";
import { sha256Hex } from "./keys";

export type StagedAttachmentFacts =
  | {
      readonly index: number;
      readonly outcome: "staged";
      readonly sizeBytes: number;
      readonly sha256: string;
    }
  | { readonly index: number; readonly outcome: "failed"; readonly code: FailureCode };

export type MessageAttachment = {
  readonly name: string;
  /** where it could not stay as it was; the body tells it */
  readonly originalName?: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** by which the HTML shows it in its text */
  readonly contentId?: string;
  readonly content:
    | {
        readonly kind: "bytes";
        readonly bytes: Uint8Array;
        /** among the files of a delivered mail, which are in no place of their own */
        readonly index?: number;
      }
    /** the item's attachment with this index, as staged */
    | { readonly kind: "staged"; readonly index: number };
};

export type LeftOutAttachment = {
  readonly index: number;
  readonly code: FailureCode;
  readonly name: string;
  readonly originalName?: string;
  readonly sizeBytes: number | null;
  readonly sha256: string | null;
};

export type CarriedAttachments = {
  readonly carried: readonly MessageAttachment[];
  readonly leftOut: readonly LeftOutAttachment[];
  /** real bytes of what is carried: half of the item's size */
  readonly carriedBytes: number;
};

/** First every attachment over the limit is left out, by its real number of bytes; over means more than. */
export function carriedAttachments(
  item: SourceItem,
  facts: readonly StagedAttachmentFacts[],
  sizeLimitBytes: number,
): CarriedAttachments {
  const byIndex = new Map(facts.map((fact) => [fact.index, fact]));
  const carried: MessageAttachment[] = [];
  const leftOut: LeftOutAttachment[] = [];
  let carriedBytes = 0;
  item.attachments.forEach((attachment, index) => {
    const fact = byIndex.get(index) ?? unknownFact(index);
    const name = namesOf(attachment);
    if (fact.outcome === "failed") {
      const { sizeBytes, sha256 } = attachment;
      leftOut.push({ index, code: fact.code, ...name, sizeBytes, sha256 });
      return;
    }
    const { sizeBytes, sha256 } = fact;
    if (sizeBytes > sizeLimitBytes) {
      leftOut.push({ index, code: "AttachmentSizeExceeded", ...name, sizeBytes, sha256 });
      return;
    }
    carriedBytes += sizeBytes;
    const contentType = safeContentType(attachment.contentType);
    carried.push({ ...name, contentType, sizeBytes, sha256, content: staged(index) });
  });
  return { carried, leftOut, carriedBytes };
}

/** An attachment nobody fetched is told as missing: to go on without a word would be a silent loss. */
function unknownFact(index: number): StagedAttachmentFacts {
  return { index, outcome: "failed", code: "AttachmentUnavailable" };
}

function namesOf({ name: originalName }: SourceAttachment) {
  const name = safeFileName(originalName);
  return name === originalName || originalName === "" ? { name } : { name, originalName };
}

function staged(index: number) {
  return { kind: "staged", index } as const;
}

/** A file the message itself makes, e.g. `record.json`. */
export function madeAttachment(
  name: string,
  contentType: string,
  bytes: Uint8Array,
): MessageAttachment {
  const content = { kind: "bytes", bytes } as const;
  return { name, contentType, sizeBytes: bytes.byteLength, sha256: sha256Hex(bytes), content };
}

/** Equal names are kept apart: `a.jpg`, `a (2).jpg`. */
export function keptApart(attachments: readonly MessageAttachment[]): MessageAttachment[] {
  const taken = new Set<string>();
  const copies = new Map<string, number>();
  return attachments.map((attachment) => {
    let name = attachment.name;
    while (taken.has(name)) {
      const copy = (copies.get(attachment.name) ?? 1) + 1;
      copies.set(attachment.name, copy);
      name = fitted(attachment.name, ` (${copy})`);
    }
    taken.add(name);
    return name === attachment.name ? attachment : { ...attachment, name };
  });
}

const separator = /[/\\]+/;
// The overrides write `exe.gnp` as `png.exe`; marks and isolates of right-to-left names stay.
const unprintable = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u202d\u202e]/gu;
// Decoded by many who read mails, also in a file's name and whatever comes out.
const encodedWord = /=\?(?=[^?]*\?[bq]\?)/gi;
/** Windows opens a device instead of a file, whatever the extension. */
const device = /^(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])(?=\s*(?:\.|$))/i;

/** The original name without what could lead out of a folder, break a line or pass for another. */
export function safeFileName(name: string): string {
  const parts = name
    .slice(0, 4096)
    .split(separator)
    .filter((part) => !["", ".", ".."].includes(part.trim()));
  const printable = parts.join("_").replace(unprintable, "_").replace(encodedWord, "=_");
  return fitted(withoutEnd(printable.trim()).replace(device, "_$&"), "");
}

const ignoredAtEnd = /[.\s]/;

/** Windows ignores dots and spaces at the end, so that they hide what a file is. */
function withoutEnd(name: string): string {
  let end = name.length;
  while (ignoredAtEnd.test(name.charAt(end - 1))) end -= 1;
  return name.slice(0, end);
}

const longestNameBytes = 255;
const lastExtension = /(?<=.)\.[^.\s]{1,16}$/su;

/** At most 255 bytes of UTF-8 with its extension, as file systems want it; cut between code points. */
function fitted(name: string, mark: string): string {
  const extension = lastExtension.exec(name)?.[0] ?? "";
  const stem = name.slice(0, name.length - extension.length);
  const room = longestNameBytes - Buffer.byteLength(mark + extension);
  return `${firstBytes(stem, room) || "attachment"}${mark}${extension}`;
}

function firstBytes(text: string, bytes: number): string {
  if (text.length * 3 <= bytes || Buffer.byteLength(text) <= bytes) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(bytes));
  return withoutEnd(text.slice(0, read));
}

// RFC 2045: type, subtype and parameters (voice notes are `audio/ogg; codecs=opus`).
const contentTypePattern =
  /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}(?:\s*;\s*[A-Za-z0-9!#$&^_.+-]{1,64}=(?:[A-Za-z0-9!#$&^_.+-]{1,128}|"[A-Za-z0-9!#$&^_.+ ,:/-]{0,128}"))*$/;

/** The original type where it is one; anything else could break a header or make Graph refuse the message. */
export function safeContentType(contentType: string): string {
  const type = contentType.trim();
  return type.length <= 255 && contentTypePattern.test(type) ? type : "application/octet-stream";
}
