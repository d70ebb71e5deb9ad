import { findMessage } from "../graph/mailbox-access";
import { viewFolder } from "../graph/folders";
import { extendedProperties, viewMessage } from "../graph/message-view";
import { json, type Reply } from "../http/reply";
import { renderMime } from "../mime/render";
import { toRenderedMessage } from "../mime/rendered-message";
import type { Simulation } from "../simulation";
import type { Person } from "../state/directory";
import type { Folder } from "../state/folders";
import type { Mailbox } from "../state/mailbox";
import type { StoredMessage } from "../state/stored-message";
import type { ControlHandler } from "./handler";
import { BadInput } from "./read";

export const getMailbox: ControlHandler = ({ world }, _request, { upn = "" }) => {
  const person = world.directory.findEver(upn);
  if (person === undefined) return nobody(upn);
  if (person.mailbox === "none") return json(200, { folders: [] });
  const mailbox = world.mailboxes.of(person);
  const folders = mailbox.folders.all().map((folder) => {
    const view = viewFolder(mailbox, folder);
    const { id, displayName, parentFolderId, totalItemCount, unreadItemCount } = view;
    return { id, displayName, parentFolderId, totalItemCount, unreadItemCount };
  });
  return json(200, { folders });
};

/** All messages in the order in which they came, or a slice of them. */
export const getMessages: ControlHandler = async ({ world }, { query }, { upn = "" }) => {
  const person = world.directory.findEver(upn);
  if (person === undefined) return nobody(upn);
  const mailbox = world.mailboxes.of(person);
  const found = messagesIn(mailbox, query.get("folder"));
  const skip = readNumber(query, "skip") ?? 0;
  const top = readNumber(query, "top") ?? found.length;
  const messages = [];
  for (const message of found.slice(skip, skip + top)) messages.push(await view(mailbox, message));
  return json(200, { total: found.length, messages });
};

export const getEml: ControlHandler = (simulation, _request, { upn = "", id = "" }) => {
  const found = findIn(simulation, upn, id);
  if (found === undefined) return json(404, { error: "There is no such message." });
  return {
    status: 200,
    headers: { "content-type": "message/rfc822" },
    content: renderMime(toRenderedMessage(found.message)),
  };
};

/** A person's message by any of its ids. */
export function findIn(
  { world }: Simulation,
  upn: string,
  id: string,
): { person: Person; mailbox: Mailbox; message: StoredMessage } | undefined {
  const person = world.directory.findEver(upn);
  if (person === undefined) return undefined;
  const mailbox = world.mailboxes.of(person);
  if (mailbox.ids.read(id) === "malformed") return undefined;
  const message = findMessage(mailbox, id);
  return message === undefined ? undefined : { person, mailbox, message };
}

/** By id, or by name where it lies directly in the mailbox: a deleted folder is not meant. */
export function folderCalled(mailbox: Mailbox, name: string): Folder | undefined {
  const { folders, ids } = mailbox;
  return (
    folders.childNamed(folders.root, name) ??
    folders.all().find((folder) => ids.folder(folder.serial) === name)
  );
}

function messagesIn(mailbox: Mailbox, folderName: string | null): StoredMessage[] {
  const all = [...mailbox.all()];
  if (folderName === null) return all;
  const folder = folderCalled(mailbox, folderName);
  return folder === undefined ? [] : all.filter((message) => message.folder === folder.serial);
}

async function view(mailbox: Mailbox, message: StoredMessage) {
  const options = { immutableIds: true, select: undefined, expand: [], all: true };
  const attachments = [];
  for (const { name, contentType, bytes } of message.attachments) {
    const sha256 = (await bytes.sha256()).toString("hex");
    attachments.push({ name, contentType, size: bytes.sizeBytes, sha256 });
  }
  return {
    ...(await viewMessage(mailbox, message, options)),
    singleValueExtendedProperties: extendedProperties(message),
    attachments,
  };
}

function readNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new BadInput(`${name} must be a number.`);
}

function nobody(upn: string): Reply {
  return json(404, { error: `Nobody is called ${upn}.` });
}
