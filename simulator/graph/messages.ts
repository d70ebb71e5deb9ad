import type { Reply } from "../http/reply";
import type { Folder } from "../state/folders";
import type { Mailbox } from "../state/mailbox";
import type { StoredMessage } from "../state/stored-message";
import type { GraphCall } from "./call";
import { GraphError, refuse } from "./errors";
import { openForWriting, openMailbox, requireFolder, requireMessage } from "./mailbox-access";
import { readMessage } from "./message-input";
import { searchMessages, sortMessages } from "./message-search";
import { messageId, viewMessage } from "./message-view";
import { readMimeDraft } from "./mime-input";
import { checkSelect, linkTo, readOptions } from "./query";
import { nothing, ok, reply } from "./replies";
import { propertyNames } from "./schema";

const type = "microsoft.graph.message";
const messageProperties = propertyNames(type);
const pageSize = 10;

/** A create without a folder makes the message in Drafts; only here MIME is taken. */
export async function createMessage(call: GraphCall): Promise<Reply> {
  const { mailbox } = openForWriting(call);
  readOptions(call.request.query, []);
  const drafts = mailbox.folders.require("drafts");
  if (call.contentType !== "text/plain") return createFromJson(call, mailbox, drafts);
  const parts = await readMimeDraft(call.text, call.simulation.blobs, call.simulation.clock());
  return answerCreated(call, mailbox, mailbox.add(drafts, parts));
}

/** The documentation offers MIME here too; the service has never been able to read it. */
export async function createMessageInFolder(call: GraphCall): Promise<Reply> {
  const { mailbox } = openForWriting(call);
  readOptions(call.request.query, []);
  const folder = requireFolder(mailbox, call.params["folder"] ?? "");
  if (call.contentType === "text/plain") throw refuse.undeserializable();
  return createFromJson(call, mailbox, folder);
}

export async function listMessages(call: GraphCall): Promise<Reply> {
  const { mailbox } = openMailbox(call);
  return list(call, mailbox, undefined);
}

export async function listFolderMessages(call: GraphCall): Promise<Reply> {
  const { mailbox } = openMailbox(call);
  return list(call, mailbox, requireFolder(mailbox, call.params["folder"] ?? ""));
}

export async function getMessage(call: GraphCall): Promise<Reply> {
  const { mailbox } = openMailbox(call);
  const { select, expand } = readOptions(call.request.query, ["$select", "$expand"]);
  checkSelect(select, messageProperties, type);
  const message = requireMessage(call, mailbox);
  const options = { immutableIds: call.wantsImmutableIds, select, expand };
  return ok(call, "users/messages/$entity", await viewMessage(mailbox, message, options));
}

/** To Deleted Items first; a message that lies there already is gone for good. */
export async function deleteMessage(call: GraphCall): Promise<Reply> {
  const { mailbox } = openMailbox(call);
  readOptions(call.request.query, []);
  const message = requireMessage(call, mailbox);
  const deletedItems = mailbox.folders.require("deleteditems");
  const folder = mailbox.folders.get(message.folder);
  if (folder !== undefined && !mailbox.folders.isWithin(folder, deletedItems)) {
    mailbox.move(message, deletedItems);
  } else {
    await mailbox.remove(message);
  }
  return nothing(call);
}

export async function permanentlyDeleteMessage(call: GraphCall): Promise<Reply> {
  const { mailbox } = openMailbox(call);
  readOptions(call.request.query, []);
  await mailbox.remove(requireMessage(call, mailbox));
  return nothing(call);
}

export async function moveMessage(call: GraphCall): Promise<Reply> {
  const { mailbox } = openMailbox(call);
  const message = requireMessage(call, mailbox);
  mailbox.move(message, readDestination(call, mailbox));
  return answerCreated(call, mailbox, message);
}

export async function copyMessage(call: GraphCall): Promise<Reply> {
  const { mailbox } = openForWriting(call);
  const { blobs } = call.simulation;
  const message = requireMessage(call, mailbox);
  const destination = readDestination(call, mailbox);
  const attachments = [];
  for (const attachment of message.attachments) {
    // Each copy owns its bytes, or deleting one would empty the other.
    const grown = blobs.grow();
    for await (const chunk of attachment.bytes.read()) await grown.append(chunk);
    attachments.push({ ...attachment, bytes: grown.seal() });
  }
  return answerCreated(call, mailbox, mailbox.add(destination, { ...message, attachments }));
}

async function createFromJson(call: GraphCall, mailbox: Mailbox, folder: Folder): Promise<Reply> {
  const body = call.readJson();
  const { blobs, clock } = call.simulation;
  const parts = await readMessage(call.text, body, blobs, clock());
  return answerCreated(call, mailbox, mailbox.add(folder, parts));
}

async function answerCreated(
  call: GraphCall,
  mailbox: Mailbox,
  message: StoredMessage,
): Promise<Reply> {
  const immutableIds = call.wantsImmutableIds;
  const view = await viewMessage(mailbox, message, { immutableIds, select: undefined, expand: [] });
  const { base, request } = call;
  const context = `${base}/v1.0/$metadata#users/messages/$entity`;
  const content = JSON.stringify({ "@odata.context": context, ...view });
  const user = encodeURIComponent(call.params["user"] ?? "");
  const id = messageId(mailbox, message, immutableIds);
  return reply(request, 201, content, { location: `${base}/v1.0/users/${user}/messages/${id}` });
}

async function list(call: GraphCall, mailbox: Mailbox, folder: Folder | undefined): Promise<Reply> {
  const { request, base } = call;
  const options = readOptions(request.query, [
    "$select",
    "$filter",
    "$expand",
    "$top",
    "$skip",
    "$orderby",
    "$count",
  ]);
  checkSelect(options.select, messageProperties, type);
  const found = searchMessages(mailbox, folder, options.filter);
  const sorted = sortMessages(found, options.orderBy);
  const end = options.skip + (options.top ?? pageSize);
  const { select, expand } = options;
  const view = { immutableIds: call.wantsImmutableIds, select, expand };
  const value = [];
  for (const message of sorted.slice(options.skip, end)) {
    value.push(await viewMessage(mailbox, message, view));
  }
  const next =
    end < sorted.length
      ? linkTo(base, request.path, request.query, { $skip: String(end) })
      : undefined;
  return ok(call, "users/messages", {
    ...(options.wantsCount ? { "@odata.count": sorted.length } : {}),
    ...(next === undefined ? {} : { "@odata.nextLink": next }),
    value,
  });
}

/** Graph reads the names of an action's parameters in any case. */
function readDestination(call: GraphCall, mailbox: Mailbox): Folder {
  const body = call.readJson();
  const name = Object.keys(body).find((key) => key.toLowerCase() === "destinationid");
  const value = name === undefined ? undefined : body[name];
  if (typeof value !== "string" || Object.keys(body).length !== 1) {
    throw new GraphError(400, "ErrorInvalidArgument", "The parameter 'DestinationId' is missing.");
  }
  return requireFolder(mailbox, value);
}
