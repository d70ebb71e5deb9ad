import type { Reply } from "../http/reply";
import type { Folder } from "../state/folders";
import type { Mailbox } from "../state/mailbox";
import type { GraphCall } from "./call";
import { GraphError, refuse } from "./errors";
import { passes, type Filter } from "./filter";
import { openMailbox, requireFolder } from "./mailbox-access";
import { checkSelect, linkTo, pick, readOptions } from "./query";
import { created, nothing, ok } from "./replies";
import { checkBody, propertyNames } from "./schema";
import { checkTexts } from "./texts";

const type = "microsoft.graph.mailFolder";
const folderProperties = propertyNames(type);
const pageSize = 10;

export function listFolders(call: GraphCall): Reply {
  const { mailbox } = openMailbox(call);
  return list(call, mailbox, mailbox.folders.root);
}

export function listChildFolders(call: GraphCall): Reply {
  const { mailbox } = openMailbox(call);
  return list(call, mailbox, requireFolder(mailbox, call.params["folder"] ?? ""));
}

export function getFolder(call: GraphCall): Reply {
  const { mailbox } = openMailbox(call);
  const { select } = readOptions(call.request.query, ["$select"]);
  checkSelect(select, folderProperties, type);
  const folder = requireFolder(mailbox, call.params["folder"] ?? "");
  return ok(call, "users/mailFolders/$entity", selected(viewFolder(mailbox, folder), select));
}

export function createFolder(call: GraphCall): Reply {
  const { mailbox } = openMailbox(call);
  return create(call, mailbox, mailbox.folders.root);
}

export function createChildFolder(call: GraphCall): Reply {
  const { mailbox } = openMailbox(call);
  return create(call, mailbox, requireFolder(mailbox, call.params["folder"] ?? ""));
}

export function updateFolder(call: GraphCall): Reply {
  const { mailbox } = openMailbox(call);
  const folder = requireFolder(mailbox, call.params["folder"] ?? "");
  const { displayName } = readBody(call);
  if (folder.wellKnownName !== undefined) throw distinguished("renamed");
  if (folder.parent !== undefined) {
    const parent = mailbox.folders.get(folder.parent) ?? mailbox.folders.root;
    const other = mailbox.folders.childNamed(parent, displayName);
    if (other !== undefined && other !== folder) throw refuse.folderExists(displayName);
  }
  folder.displayName = displayName;
  return ok(call, "users/mailFolders/$entity", viewFolder(mailbox, folder));
}

/** To Deleted Items, where the folder keeps its id; from there it goes for good. */
export async function deleteFolder(call: GraphCall): Promise<Reply> {
  const { mailbox } = openMailbox(call);
  readOptions(call.request.query, []);
  const { folders } = mailbox;
  const folder = requireFolder(mailbox, call.params["folder"] ?? "");
  if (folder.wellKnownName !== undefined) throw distinguished("deleted");
  const deletedItems = folders.require("deleteditems");
  if (!folders.isWithin(folder, deletedItems)) {
    folders.moveTo(folder, deletedItems);
    return nothing(call);
  }
  const messages = folders.remove(folder).flatMap((gone) => [...gone.messages]);
  for (const message of messages) await mailbox.remove(message);
  return nothing(call);
}

export function viewFolder(mailbox: Mailbox, folder: Folder): Record<string, unknown> {
  return {
    id: mailbox.ids.folder(folder.serial),
    displayName: folder.displayName,
    ...(folder.parent === undefined ? {} : { parentFolderId: mailbox.ids.folder(folder.parent) }),
    childFolderCount: mailbox.folders.children(folder).length,
    unreadItemCount: folder.unread,
    totalItemCount: folder.messages.size,
    isHidden: folder.isHidden,
  };
}

function list(call: GraphCall, mailbox: Mailbox, parent: Folder): Reply {
  const { request, base } = call;
  const options = readOptions(request.query, [
    "$select",
    "$filter",
    "$top",
    "$skip",
    "$count",
    "includeHiddenFolders",
  ]);
  checkSelect(options.select, folderProperties, type);
  const { filter } = options;
  if (filter !== undefined) checkFilter(filter);
  const found = mailbox.folders
    .children(parent)
    .filter((folder) => options.includeHidden || !folder.isHidden)
    .filter((folder) => filter === undefined || matches(mailbox, folder, filter));
  const end = options.skip + (options.top ?? pageSize);
  const next =
    end < found.length
      ? linkTo(base, request.path, request.query, { $skip: String(end) })
      : undefined;
  return ok(call, "users/mailFolders", {
    ...(options.wantsCount ? { "@odata.count": found.length } : {}),
    ...(next === undefined ? {} : { "@odata.nextLink": next }),
    value: found
      .slice(options.skip, end)
      .map((folder) => selected(viewFolder(mailbox, folder), options.select)),
  });
}

function create(call: GraphCall, mailbox: Mailbox, parent: Folder): Reply {
  readOptions(call.request.query, []);
  const { displayName, isHidden } = readBody(call);
  if (mailbox.folders.childNamed(parent, displayName) !== undefined) {
    throw refuse.folderExists(displayName);
  }
  const folder = mailbox.folders.create(parent, displayName, isHidden);
  return created(call, "users/mailFolders/$entity", viewFolder(mailbox, folder));
}

/** Only these two can be written. */
function readBody(call: GraphCall): { displayName: string; isHidden: boolean } {
  const body = call.readJson();
  checkTexts(call.text, body);
  checkBody(type, body);
  const { displayName, isHidden, ...rest } = body;
  const other = Object.keys(rest).find((name) => !name.startsWith("@odata."));
  if (other !== undefined) {
    throw new GraphError(
      400,
      "ErrorInvalidPropertySet",
      `Property '${other}' is read-only and cannot be set.`,
    );
  }
  if (typeof displayName !== "string" || displayName.trim() === "") {
    throw new GraphError(400, "ErrorInvalidArgument", "The folder's display name is missing.");
  }
  return { displayName, isHidden: isHidden === true };
}

const filterable = ["id", "displayName", "isHidden", "totalItemCount", "unreadItemCount"];

function checkFilter(filter: Filter): void {
  if (filter.kind === "and" || filter.kind === "or") return filter.parts.forEach(checkFilter);
  if (filter.kind === "not") return checkFilter(filter.part);
  if (filter.kind === "test" && filterable.includes(filter.path)) return;
  throw new GraphError(
    400,
    "ErrorInvalidUrlQueryFilter",
    `The query filter on '${filter.path}' is not supported.`,
  );
}

function matches(mailbox: Mailbox, folder: Folder, filter: Filter): boolean {
  if (filter.kind === "and") return filter.parts.every((part) => matches(mailbox, folder, part));
  if (filter.kind === "or") return filter.parts.some((part) => matches(mailbox, folder, part));
  if (filter.kind === "not") return !matches(mailbox, folder, filter.part);
  if (filter.kind === "any") return false;
  return passes(viewFolder(mailbox, folder)[filter.path], filter.operator, filter.value);
}

function selected(view: Record<string, unknown>, select: readonly string[] | undefined) {
  return pick(view, select === undefined ? undefined : ["id", ...select]);
}

function distinguished(verb: string): GraphError {
  return new GraphError(
    403,
    "ErrorDeleteDistinguishedFolder",
    `Distinguished folders cannot be ${verb}.`,
  );
}
