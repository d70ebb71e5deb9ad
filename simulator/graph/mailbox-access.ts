import type { Mailbox } from "../state/mailbox";
import type { Folder } from "../state/folders";
import type { Person } from "../state/directory";
import type { StoredMessage } from "../state/stored-message";
import type { GraphCall } from "./call";
import { GraphError, refuse } from "./errors";
import { requirePerson } from "./users";

export type OpenMailbox = { readonly person: Person; readonly mailbox: Mailbox };

/** The mailbox that the path names, if it can be entered at all. */
export function openMailbox(call: GraphCall): OpenMailbox {
  const person = requirePerson(call);
  if (person.mailbox === "none") {
    throw new GraphError(
      404,
      "MailboxNotEnabledForRESTAPI",
      "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
    );
  }
  if (person.mailbox === "denied") {
    throw new GraphError(403, "ErrorAccessDenied", "Access to OData is disabled.");
  }
  return { person, mailbox: call.simulation.world.mailboxes.of(person) };
}

/** The same for whoever brings new bytes, of which a full mailbox takes none. */
export function openForWriting(call: GraphCall): OpenMailbox {
  const open = openMailbox(call);
  if (open.person.mailbox === "full") throw refuse.quotaExceeded();
  return open;
}

/** A folder by its id or, where every mailbox has it, by its well-known name. */
export function requireFolder(mailbox: Mailbox, idOrName: string): Folder {
  const wellKnown = mailbox.folders.wellKnown(idOrName);
  if (wellKnown !== undefined) return wellKnown;
  const id = mailbox.ids.read(idOrName);
  if (id === "malformed") throw refuse.malformedId();
  const folder =
    id !== "of another mailbox" && id.kind === "folder"
      ? mailbox.folders.get(id.folder)
      : undefined;
  if (folder === undefined) throw refuse.notFoundInStore();
  return folder;
}

/** A message by either kind of id. The ordinary one ends when the message moves. */
export function findMessage(mailbox: Mailbox, text: string): StoredMessage | undefined {
  const id = mailbox.ids.read(text);
  if (id === "malformed") throw refuse.malformedId();
  if (id === "of another mailbox") return undefined;
  if (id.kind === "immutable message") return mailbox.find(id.message);
  if (id.kind !== "message") return undefined;
  const message = mailbox.find(id.message);
  return message?.folder === id.folder ? message : undefined;
}

export function requireMessage(call: GraphCall, mailbox: Mailbox): StoredMessage {
  const message = findMessage(mailbox, call.params["message"] ?? "");
  if (message === undefined) throw refuse.notFoundInStore();
  return message;
}
