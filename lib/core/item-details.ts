/** The parts of a record that only some kinds have: what a call, a reaction, a deletion … carries. */
import {
  type JsonObject,
  type Problems,
  isOneOf,
  optionalInstant,
  optionalList,
  optionalNumber,
  optionalObject,
  optionalString,
  requiredString,
  requiredWord,
} from "./item-fields";

export type Call = {
  readonly kind: "VOICE" | "VIDEO" | null;
  readonly status: string | null;
  readonly startedAt: Date | null;
  readonly endedAt: Date | null;
  readonly durationMs: number | null;
};
export type ReplyTo = { readonly networkMessageId: string | null; readonly excerpt: string | null };
/** An empty emoji takes an earlier reaction back. */
export type Reaction = { readonly networkMessageId: string | null; readonly emoji: string | null };
/** An edit or a deletion of the message whose networkMessageId is the original's. */
export type Change = {
  readonly originalId: string | null;
  readonly scope: "FOR_ME" | "FOR_ALL" | null;
  readonly readState: "READ" | "UNREAD" | "UNKNOWN";
};
export type Location = {
  readonly coordinates: { readonly latitude: number; readonly longitude: number } | null;
  readonly name: string | null;
  readonly address: string | null;
};
export type Contact = { readonly vcard: string };
export type Poll = { readonly question: string | null; readonly options: readonly string[] };

export type ItemDetails = {
  readonly call: Call | null;
  readonly replyTo: ReplyTo | null;
  readonly reaction: Reaction | null;
  readonly edited: Change | null;
  readonly deleted: Change | null;
  readonly location: Location | null;
  readonly contact: Contact | null;
  readonly poll: Poll | null;
};

/** The part without which a record of that type says nothing. */
const partOfType: Readonly<Record<string, keyof ItemDetails>> = {
  CALL: "call",
  REACTION: "reaction",
  EDITED: "edited",
  DELETED: "deleted",
  LOCATION: "location",
  CONTACT: "contact",
  POLL: "poll",
};

export function readDetails(
  body: JsonObject,
  messageType: string | null,
  problems: Problems,
): ItemDetails {
  const read = <Part>(name: string, part: (value: JsonObject, problems: Problems) => Part) => {
    const value = optionalObject(body[name], name, problems);
    return value === null ? null : part(value, problems);
  };
  const details: ItemDetails = {
    call: read("call", readCall),
    replyTo: read("replyTo", readReplyTo),
    reaction: read("reaction", readReaction),
    edited: read("edited", (value) => readChange(value, "edited", problems)),
    deleted: read("deleted", (value) => readChange(value, "deleted", problems)),
    location: read("location", readLocation),
    contact: read("contact", readContact),
    poll: read("poll", readPoll),
  };
  const needed = messageType !== null && Object.hasOwn(partOfType, messageType);
  const part = needed ? partOfType[messageType] : undefined;
  if (part !== undefined && details[part] === null) problems.add(`${part} is missing`);
  return details;
}

const callKinds = new Set(["VOICE", "VIDEO"] as const);

function readCall(call: JsonObject, problems: Problems): Call {
  const kind = requiredWord(call["kind"], callKinds, "call.kind", problems);
  const status = requiredString(call["status"], "call.status", problems);
  const startedAt = optionalInstant(call["startTime"], "call.startTime", problems);
  const endedAt = optionalInstant(call["endTime"], "call.endTime", problems);
  const told = optionalNumber(call["durationInMillis"], "call.durationInMillis", problems);
  const durationMs = told ?? spanMs(startedAt, endedAt) ?? (status === "ANSWERED" ? null : 0);
  if (durationMs !== null && durationMs >= 0 && durationMs <= Number.MAX_SAFE_INTEGER) {
    return { kind, status, startedAt, endedAt, durationMs };
  }
  problems.add("call.durationInMillis is missing or not a duration");
  return { kind, status, startedAt, endedAt, durationMs: null };
}

function spanMs(startedAt: Date | null, endedAt: Date | null): number | null {
  return startedAt === null || endedAt === null ? null : endedAt.getTime() - startedAt.getTime();
}

function readReplyTo(replyTo: JsonObject, problems: Problems): ReplyTo {
  return {
    networkMessageId: readId(replyTo["networkMessageId"], "replyTo.networkMessageId", problems),
    excerpt: optionalString(replyTo["excerpt"], "replyTo.excerpt", problems),
  };
}

function readReaction(reaction: JsonObject, problems: Problems): Reaction {
  return {
    networkMessageId: readId(reaction["networkMessageId"], "reaction.networkMessageId", problems),
    emoji: requiredString(reaction["emoji"], "reaction.emoji", problems),
  };
}

const scopes = new Set(["FOR_ME", "FOR_ALL"] as const);
const readStates = new Set(["READ", "UNREAD", "UNKNOWN"] as const);

/** Scope and read state may be unknown to the archive, so their absence is no misfit. */
function readChange(change: JsonObject, name: string, problems: Problems): Change {
  const originalId = readId(change["originalId"], `${name}.originalId`, problems);
  const scope = optionalString(change["scope"], `${name}.scope`, problems);
  const readState = optionalString(change["readState"], `${name}.readState`, problems);
  return {
    originalId,
    scope: isOneOf(scope, scopes) ? scope : null,
    readState: isOneOf(readState, readStates) ? readState : "UNKNOWN",
  };
}

/** An empty id names nothing. */
function readId(value: unknown, name: string, problems: Problems): string | null {
  const id = requiredString(value, name, problems);
  return id === "" ? null : id;
}

function readLocation(location: JsonObject, problems: Problems): Location {
  const latitude = optionalNumber(location["latitude"], "location.latitude", problems);
  const longitude = optionalNumber(location["longitude"], "location.longitude", problems);
  const onEarth =
    latitude !== null &&
    longitude !== null &&
    Math.abs(latitude) <= 90 &&
    Math.abs(longitude) <= 180;
  if (!onEarth) problems.add("location is not a place on Earth");
  return {
    coordinates: onEarth ? { latitude, longitude } : null,
    name: optionalString(location["name"], "location.name", problems),
    address: optionalString(location["address"], "location.address", problems),
  };
}

function readContact(contact: JsonObject, problems: Problems): Contact | null {
  const vcard = contact["vcard"];
  if (typeof vcard === "string") return { vcard };
  problems.add("contact.vcard is not a string");
  return null;
}

function readPoll(poll: JsonObject, problems: Problems): Poll {
  const options: string[] = [];
  for (const option of optionalList(poll["options"], "poll.options", problems)) {
    const text = requiredString(option, "poll.options", problems);
    if (text !== null) options.push(text);
  }
  return { question: requiredString(poll["question"], "poll.question", problems), options };
}
