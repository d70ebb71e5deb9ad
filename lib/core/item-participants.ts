/** The people and files of a record; an entry that cannot be read costs itself, never its neighbours. */
import {
  type JsonObject,
  type Problems,
  isAbsent,
  isJsonObject,
  isOneOf,
  optionalList,
  optionalObject,
  optionalString,
  requiredString,
} from "./item-fields";
import type { Participant } from "./participant";
import { storable } from "./text";

export type SourceAttachment = {
  /** empty where the record gives none: then there is nothing to ask the archive for */
  readonly id: string;
  readonly name: string;
  readonly contentType: string;
  readonly sizeBytes: number | null;
  readonly sha256: string | null;
};

const participantTypes = new Set(["MOBILE", "WHATSAPP_ID", "LOGIN"] as const);

export function readParticipant(
  value: unknown,
  name: string,
  problems: Problems,
): Participant | null {
  if (isAbsent(value)) return null;
  if (!isJsonObject(value)) {
    problems.add(`${name} is not an object`);
    return null;
  }
  const externalId = readNamed(value["value"], `${name}.value`, problems)?.trim() ?? null;
  if (externalId === null) return null;
  const type = value["type"];
  const isKnown = isOneOf(type, participantTypes);
  if (!isKnown) problems.add(`${name}.type is not a known word`);
  return {
    type: isKnown ? type : "OTHER",
    value: externalId,
    email: filled(optionalString(value["email"], `${name}.email`, problems)),
    firstName: filled(optionalString(value["firstName"], `${name}.firstName`, problems)),
    lastName: filled(optionalString(value["lastName"], `${name}.lastName`, problems)),
  };
}

function filled(text: string | null): string | null {
  const trimmed = text?.trim() ?? "";
  return trimmed === "" ? null : trimmed;
}

export function readRecipients(value: unknown, problems: Problems): Participant[] {
  if (isAbsent(value)) problems.add("recipients is missing");
  const recipients: Participant[] = [];
  for (const entry of optionalList(value, "recipients", problems)) {
    const recipient = readParticipant(entry, "recipients", problems);
    if (recipient !== null) recipients.push(recipient);
    else if (isAbsent(entry)) problems.add("recipients holds nothing");
  }
  return recipients;
}

/** Every entry of the list, also one that cannot be read: it was announced and must not go missing in silence. */
export function readAttachments(value: unknown, problems: Problems): SourceAttachment[] {
  return optionalList(value, "attachments", problems).map((entry) =>
    readAttachment(optionalObject(entry, "attachments", problems) ?? {}, problems),
  );
}

const sha256Pattern = /^[0-9a-f]{64}$/;

/** Size and hash are hints, which may be missing or wrong: what counts is what arrives (archive API). */
function readAttachment(value: JsonObject, problems: Problems): SourceAttachment {
  const { id, sizeBytes, sha256 } = value;
  const attachmentId = readNamed(id, "attachments.id", problems);
  const hash = typeof sha256 === "string" ? sha256.toLowerCase() : "";
  const isSize = typeof sizeBytes === "number" && Number.isSafeInteger(sizeBytes) && sizeBytes >= 0;
  return {
    id: attachmentId ?? "",
    name: requiredString(value["name"], "attachments.name", problems) ?? "",
    contentType: requiredString(value["contentType"], "attachments.contentType", problems) ?? "",
    sizeBytes: isSize ? sizeBytes : null,
    sha256: sha256Pattern.test(hash) ? hash : null,
  };
}

/** A number written as a number does not fit, but can be read: losing what it names would be worse. */
function readNamed(value: unknown, name: string, problems: Problems): string | null {
  const text = typeof value === "string" ? storable(value) : "";
  if (text.trim() !== "") return text;
  problems.add(`${name} is missing or not a string`);
  return Number.isSafeInteger(value) ? String(value) : null;
}
