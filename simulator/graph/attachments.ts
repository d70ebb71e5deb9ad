import type { Reply } from "../http/reply";
import type { Mailbox } from "../state/mailbox";
import type { StoredAttachment, StoredMessage } from "../state/stored-message";
import { readAttachment } from "./attachment-input";
import type { GraphCall } from "./call";
import { refuse } from "./errors";
import { openForWriting, openMailbox, requireMessage } from "./mailbox-access";
import { viewAttachment } from "./message-view";
import { linkTo, pick, readOptions } from "./query";
import { created, nothing, ok, requestIds } from "./replies";
import { checkTexts } from "./texts";

export async function listAttachments(call: GraphCall): Promise<Reply> {
  const { mailbox } = openMailbox(call);
  const { request, base } = call;
  const options = readOptions(request.query, ["$select", "$top", "$skip", "$count"]);
  const message = requireMessage(call, mailbox);
  const { select } = options;
  const end = options.skip + (options.top ?? message.attachments.length);
  const withBytes = select === undefined || select.includes("contentBytes");
  const value = [];
  for (const attachment of message.attachments.slice(options.skip, end)) {
    const view = await viewAttachment(mailbox, message, attachment, withBytes);
    value.push(pick(view, select === undefined ? undefined : ["id", ...select]));
  }
  const next =
    end < message.attachments.length
      ? linkTo(base, request.path, request.query, { $skip: String(end) })
      : undefined;
  return ok(call, "users/messages/attachments", {
    ...(options.wantsCount ? { "@odata.count": message.attachments.length } : {}),
    ...(next === undefined ? {} : { "@odata.nextLink": next }),
    value,
  });
}

export async function getAttachment(call: GraphCall): Promise<Reply> {
  const { mailbox } = openMailbox(call);
  const { select } = readOptions(call.request.query, ["$select"]);
  const { message, attachment } = requireAttachment(call, mailbox);
  const withBytes = select === undefined || select.includes("contentBytes");
  const view = await viewAttachment(mailbox, message, attachment, withBytes);
  const shown = pick(view, select === undefined ? undefined : ["id", ...select]);
  return ok(call, "users/messages/attachments/$entity", shown);
}

export function getAttachmentBytes(call: GraphCall): Reply {
  const { mailbox } = openMailbox(call);
  const { contentType, bytes } = requireAttachment(call, mailbox).attachment;
  return {
    status: 200,
    headers: {
      "content-type": contentType ?? "application/octet-stream",
      "content-length": bytes.sizeBytes,
      ...requestIds(call.request),
    },
    content: bytes.read(),
  };
}

/** Up to 3 MB: more does not fit into a request of 4 MB once it is base64. */
export async function addAttachment(call: GraphCall): Promise<Reply> {
  const { mailbox } = openForWriting(call);
  readOptions(call.request.query, []);
  const message = requireMessage(call, mailbox);
  const body = call.readJson();
  checkTexts(call.text, body);
  const { bytes, ...input } = readAttachment(body);
  const { blobs, clock } = call.simulation;
  const attachment = attach(mailbox, message, {
    ...input,
    bytes: await blobs.put(bytes),
    modifiedAt: clock(),
  });
  const view = await viewAttachment(mailbox, message, attachment, true);
  return created(call, "users/messages/attachments/$entity", view);
}

export async function deleteAttachment(call: GraphCall): Promise<Reply> {
  const { mailbox } = openMailbox(call);
  const { message, attachment } = requireAttachment(call, mailbox);
  const attachments = message.attachments.filter((other) => other !== attachment);
  mailbox.change(message, { attachments });
  await attachment.bytes.discard();
  return nothing(call);
}

/** Adds an attachment under a serial that no earlier one of the message had. */
export function attach(
  mailbox: Mailbox,
  message: StoredMessage,
  input: Omit<StoredAttachment, "serial">,
): StoredAttachment {
  const serial = Math.max(0, ...message.attachments.map((other) => other.serial)) + 1;
  const attachment = { ...input, serial };
  mailbox.change(message, { attachments: [...message.attachments, attachment] });
  return attachment;
}

function requireAttachment(call: GraphCall, mailbox: Mailbox) {
  const message = requireMessage(call, mailbox);
  const id = mailbox.ids.read(call.params["attachment"] ?? "");
  if (id === "malformed") throw refuse.malformedId();
  const attachment =
    id !== "of another mailbox" && id.kind === "attachment" && id.message === message.serial
      ? message.attachments.find(({ serial }) => serial === id.attachment)
      : undefined;
  if (attachment === undefined) throw refuse.notFoundInStore();
  return { message, attachment };
}
