import type { Folder } from "../state/folders";
import type { Mailbox } from "../state/mailbox";
import { normalizePropertyId } from "../state/property-ids";
import type { StoredMessage } from "../state/stored-message";
import { GraphError } from "./errors";
import { passes, type Comparison, type Filter, type TextTest } from "./filter";

/** The messages that a filter lets through. An index is used wherever one fits. */
export function searchMessages(
  mailbox: Mailbox,
  folder: Folder | undefined,
  filter: Filter | undefined,
): StoredMessage[] {
  if (filter !== undefined) check(filter);
  const candidates =
    (filter === undefined ? undefined : indexed(mailbox, filter)) ??
    folder?.messages ??
    mailbox.all();
  const found: StoredMessage[] = [];
  for (const message of candidates) {
    const isHere = folder === undefined || message.folder === folder.serial;
    if (isHere && (filter === undefined || matches(message, filter))) found.push(message);
  }
  return found;
}

/** Newest first, unless another order is asked for. */
export function sortMessages(
  messages: readonly StoredMessage[],
  orderBy: string | undefined,
): StoredMessage[] {
  const match = /^\s*(\w+)(?:\s+(asc|desc))?\s*$/i.exec(orderBy ?? "receivedDateTime desc");
  const read = match === null ? undefined : instants[match[1] ?? ""];
  if (match === null || read === undefined) {
    throw new GraphError(400, "ErrorInvalidUrlQuery", `The order '${orderBy}' is not supported.`);
  }
  const sign = match[2]?.toLowerCase() === "desc" ? -1 : 1;
  return [...messages].sort((a, b) => sign * (read(a) - read(b) || a.serial - b.serial));
}

type Read<T> = (message: StoredMessage) => T;

const instants: Readonly<Record<string, Read<number>>> = {
  receivedDateTime: (message) => message.receivedAt,
  sentDateTime: (message) => message.sentAt,
  createdDateTime: (message) => message.createdAt,
  lastModifiedDateTime: (message) => message.modifiedAt,
};

const fields: Readonly<Record<string, Read<unknown>>> = {
  ...instants,
  internetMessageId: (message) => message.internetMessageId,
  isDraft: (message) => message.isDraft,
  isRead: (message) => message.isRead,
  hasAttachments: (message) => message.attachments.length > 0,
  subject: (message) => fromDocument(message)["subject"],
  importance: (message) => fromDocument(message)["importance"],
  "from/emailAddress/address": (message) => addressOf(fromDocument(message)["from"]),
  "sender/emailAddress/address": (message) => addressOf(fromDocument(message)["sender"]),
};

type PropertyTest = {
  readonly id: string;
  readonly operator: Comparison | TextTest;
  readonly value: string;
};

const propertyOperators = ["eq", "ne", "contains", "startswith"];

/** `singleValueExtendedProperties/Any(ep: ep/id eq '…' and ep/value eq '…')`, and no other form. */
function readPropertyTest(filter: Filter): PropertyTest | undefined {
  if (filter.kind !== "any" || filter.path !== "singleValueExtendedProperties") return undefined;
  if (filter.part.kind !== "and" || filter.part.parts.length !== 2) return undefined;
  const { variable } = filter;
  const tests = filter.part.parts.flatMap((part) => (part.kind === "test" ? [part] : []));
  const id = tests.find(({ path }) => path === `${variable}/id`);
  const value = tests.find(({ path }) => path === `${variable}/value`);
  if (typeof id?.value !== "string" || id.operator !== "eq") return undefined;
  if (typeof value?.value !== "string" || !propertyOperators.includes(value.operator)) return;
  return { id: id.value, operator: value.operator, value: value.value };
}

function check(filter: Filter): void {
  if (filter.kind === "and" || filter.kind === "or") return filter.parts.forEach(check);
  if (filter.kind === "not") return check(filter.part);
  const isKnown =
    filter.kind === "test"
      ? fields[filter.path] !== undefined
      : readPropertyTest(filter) !== undefined;
  if (isKnown) return;
  throw new GraphError(
    400,
    "ErrorInvalidUrlQueryFilter",
    `The query filter contains one or more invalid nodes: '${filter.path}'.`,
  );
}

function indexed(mailbox: Mailbox, filter: Filter): readonly StoredMessage[] | undefined {
  if (filter.kind === "and") {
    return filter.parts.map((part) => indexed(mailbox, part)).find((found) => found !== undefined);
  }
  if (filter.kind === "or") {
    const lists = filter.parts.map((part) => indexed(mailbox, part));
    if (!lists.every((list) => list !== undefined)) return undefined;
    return [...new Set(lists.flat())];
  }
  if (filter.kind === "test") {
    const { path, operator, value } = filter;
    if (path !== "internetMessageId" || operator !== "eq" || typeof value !== "string") return;
    return mailbox.byInternetMessageId(value);
  }
  const test = readPropertyTest(filter);
  return test?.operator === "eq" ? mailbox.byExtendedProperty(test.id, test.value) : undefined;
}

function matches(message: StoredMessage, filter: Filter): boolean {
  if (filter.kind === "and") return filter.parts.every((part) => matches(message, part));
  if (filter.kind === "or") return filter.parts.some((part) => matches(message, part));
  if (filter.kind === "not") return !matches(message, filter.part);
  if (filter.kind === "test") {
    return passes(fields[filter.path]?.(message), filter.operator, filter.value);
  }
  const test = readPropertyTest(filter);
  if (test === undefined) return false;
  const wanted = normalizePropertyId(test.id);
  return message.extendedProperties.some(
    ({ id, value }) =>
      normalizePropertyId(id) === wanted && passes(value, test.operator, test.value),
  );
}

function fromDocument(message: StoredMessage): Record<string, unknown> {
  return JSON.parse(message.document.toString()) as Record<string, unknown>;
}

function addressOf(recipient: unknown): unknown {
  return (recipient as { emailAddress?: { address?: unknown } } | undefined)?.emailAddress?.address;
}
