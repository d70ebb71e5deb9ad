import type { Reply } from "../http/reply";
import { renderMime } from "../mime/render";
import { toRenderedMessage } from "../mime/rendered-message";
import type { GraphCall } from "./call";
import { openMailbox, requireMessage } from "./mailbox-access";
import { readOptions } from "./query";
import { requestIds } from "./replies";

/** The message as MIME, the way Exchange would write it again: never the bytes that somebody sent. */
export function getMessageMime(call: GraphCall): Reply {
  const { mailbox } = openMailbox(call);
  readOptions(call.request.query, []);
  const message = requireMessage(call, mailbox);
  return {
    status: 200,
    headers: { "content-type": "text/plain", ...requestIds(call.request) },
    content: renderMime(toRenderedMessage(message)),
  };
}
