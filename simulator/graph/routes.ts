import type { Reply } from "../http/reply";
import { router, type Route } from "../http/router";
import {
  addAttachment,
  deleteAttachment,
  getAttachment,
  getAttachmentBytes,
  listAttachments,
} from "./attachments";
import type { GraphCall } from "./call";
import { usersDelta } from "./delta";
import {
  createChildFolder,
  createFolder,
  deleteFolder,
  getFolder,
  listChildFolders,
  listFolders,
  updateFolder,
} from "./folders";
import { getMessageMime } from "./message-mime";
import { updateMessage } from "./message-update";
import {
  copyMessage,
  createMessage,
  createMessageInFolder,
  deleteMessage,
  getMessage,
  listFolderMessages,
  listMessages,
  moveMessage,
  permanentlyDeleteMessage,
} from "./messages";
import { createUploadSession } from "./uploads";
import { getByIds, getUser, listLicenses, listUsers } from "./users";

type Answer = (call: GraphCall) => Reply | Promise<Reply>;

/** What answers, and the application permissions of which one is needed. */
export type GraphRoute = { readonly answer: Answer; readonly anyOf: readonly string[] };

const user = "/v1.0/users/{user}";
const folder = `${user}/mailFolders/{folder}`;
const message = `${user}/messages/{message}`;
const attachment = `${message}/attachments/{attachment}`;

export const findRoute = router<GraphRoute>([
  ...needing(
    ["User.Read.All"],
    [
      ["GET", "/v1.0/users", listUsers],
      ["GET", "/v1.0/users/delta", usersDelta],
      ["GET", user, getUser],
      ["GET", `${user}/licenseDetails`, listLicenses],
      ["POST", "/v1.0/directoryObjects/getByIds", getByIds],
    ],
  ),
  ...needing(
    ["Mail.ReadWrite"],
    [
      ["GET", `${user}/mailFolders`, listFolders],
      ["POST", `${user}/mailFolders`, createFolder],
      ["GET", folder, getFolder],
      ["PATCH", folder, updateFolder],
      ["DELETE", folder, deleteFolder],
      ["GET", `${folder}/childFolders`, listChildFolders],
      ["POST", `${folder}/childFolders`, createChildFolder],
      ["GET", `${folder}/messages`, listFolderMessages],
      ["POST", `${folder}/messages`, createMessageInFolder],
      ["GET", `${user}/messages`, listMessages],
      ["POST", `${user}/messages`, createMessage],
      ["GET", message, getMessage],
      ["PATCH", message, updateMessage],
      ["DELETE", message, deleteMessage],
      ["GET", `${message}/$value`, getMessageMime],
      ["POST", `${message}/move`, moveMessage],
      ["POST", `${message}/copy`, copyMessage],
      ["POST", `${message}/permanentDelete`, permanentlyDeleteMessage],
      ["GET", `${message}/attachments`, listAttachments],
      ["POST", `${message}/attachments`, addAttachment],
      ["POST", `${message}/attachments/createUploadSession`, createUploadSession],
      ["GET", attachment, getAttachment],
      ["DELETE", attachment, deleteAttachment],
      ["GET", `${attachment}/$value`, getAttachmentBytes],
    ],
  ),
  // Real paths whose permissions the application does not ask for, so that nobody can ever hold them.
  ...needing(["Organization.Read.All"], [["GET", "/v1.0/organization", notReached]]),
  ...needing(
    ["MailboxSettings.Read"],
    [
      ["GET", `${user}/mailboxSettings`, notReached],
      ["GET", `${user}/settings/exchange`, notReached],
    ],
  ),
  ...needing(
    ["Application.Read.All"],
    [
      ["GET", "/v1.0/servicePrincipals", notReached],
      ["GET", "/v1.0/servicePrincipals/{servicePrincipal}", notReached],
      ["GET", "/v1.0/servicePrincipals/{servicePrincipal}/appRoleAssignments", notReached],
    ],
  ),
  ...needing(
    ["RoleManagement.Read.Directory"],
    [["GET", "/v1.0/roleManagement/directory/roleAssignments", notReached]],
  ),
  ...needing(
    ["MailboxItem.ImportExport.All"],
    [
      ["GET", "/v1.0/admin/exchange/mailboxes/{mailbox}/folders", notReached],
      ["POST", "/v1.0/admin/exchange/mailboxes/{mailbox}/folders", notReached],
      ["POST", "/v1.0/admin/exchange/mailboxes/{mailbox}/createImportSession", notReached],
      ["POST", "/v1.0/admin/exchange/mailboxes/{mailbox}/exportItems", notReached],
    ],
  ),
]);

/** OData's other spelling of a key, `users('…')`, and `delta()`. */
export function normalizePath(path: string): string {
  if (!path.includes("(")) return path;
  return path.replace(/\((?:\w+=)?'([^']*)'\)/g, "/$1").replace(/\(\)/g, "");
}

/** Whose mailbox a path leads into. */
export function mailboxOf(path: string): string | undefined {
  const match = /^\/v1\.0\/users\/([^/]+)\/(?:mailFolders|messages)(?:\/|$)/.exec(
    normalizePath(path),
  );
  try {
    return match === null ? undefined : decodeURIComponent(match[1] ?? "");
  } catch {
    return undefined;
  }
}

function needing(
  anyOf: readonly string[],
  routes: readonly (readonly [method: string, pattern: string, answer: Answer])[],
): Route<GraphRoute>[] {
  return routes.map(([method, pattern, answer]) => ({
    method,
    pattern,
    handler: { answer, anyOf },
  }));
}

function notReached(): Reply {
  return { status: 501 };
}
