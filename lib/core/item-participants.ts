/** The people and files of a record; an entry that cannot be read costs itself, never its neighbours. */
import {
  type Problems,
  isAbsent,
  isJsonObject,
  isOneOf,
  optionalList,
  optionalString,
  requiredString,
} from "./item-fields";
import type { Participant } from "./participant";
import { storable } from "./text";

export type SourceAttachment = {
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
  const externalId = readExternalId(value["value"], name, problems);
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

/** A number written as a number does not fit, but can be read: losing the person would be worse. */
function readExternalId(value: unknown, name: string, problems: Problems): string | null {
  const externalId = typeof value === "string" ? storable(value).trim() : "";
  if (externalId !== "") return externalId;
  problems.add(`${name}.value is missing or not a string`);
  return Number.isSafeInteger(value) ? String(value) : null;
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

export function readAttachments(value: unknown, problems: Problems): SourceAttachment[] {
  const attachments: SourceAttachment[] = [];
  for (const entry of optionalList(value, "attachments", problems)) {
    const attachment = readAttachment(entry, problems);
    if (attachment !== null) attachments.push(attachment);
  }
  return attachments;
}

const sha256Pattern = /^[0-9a-f]{64}$/;

/** Without an id there is nothing to fetch. Size and hash are hints: what counts is what arrives. */
function readAttachment(value: unknown, problems: Problems): SourceAttachment | null {
  if (!isJsonObject(value)) {
    problems.add("attachments holds something that is not an object");
    return null;
  }
  const id = requiredString(value["id"], "attachments.id", problems);
  if (id === null || id === "") {
    problems.add("attachments holds one that cannot be asked for");
    return null;
  }
  const { sizeBytes, sha256 } = value;
  const hash = typeof sha256 === "string" ? sha256.toLowerCase() : "";
  return {
    id,
    name: requiredString(value["name"], "attachments.name", problems) ?? "",
    contentType: requiredString(value["contentType"], "attachments.contentType", problems) ?? "",
    sizeBytes:
      typeof sizeBytes === "number" && Number.isSafeInteger(sizeBytes) && sizeBytes >= 0
        ? sizeBytes
        : null,
    sha256: sha256Pattern.test(hash) ? hash : null,
  };
}
