import { header, type Reply, type Request, type RequestHead } from "../http/reply";
import type { Simulation } from "../simulation";
import type { UploadItem, UploadSession } from "../state/upload-sessions";
import { attach } from "./attachments";
import type { GraphCall } from "./call";
import { GraphError } from "./errors";
import { openForWriting, requireMessage } from "./mailbox-access";
import { messageId } from "./message-view";
import { readOptions } from "./query";
import { created, requestIds } from "./replies";
import { checkBody } from "./schema";

/** "3 MB" is read generously: whoever counts in thousands is not refused. */
const minimumBytes = 3_000_000;
const maximumBytes = 150 * 1024 * 1024;

export const uploadPath = "/api/gv1.0/attachment-sessions/";

export function createUploadSession(call: GraphCall): Reply {
  const { person, mailbox } = openForWriting(call);
  readOptions(call.request.query, []);
  const message = requireMessage(call, mailbox);
  const session = call.simulation.world.uploads.open({
    personId: person.id,
    appId: call.caller.appId,
    message: message.serial,
    item: readItem(call.readJson()),
    bytes: call.simulation.blobs.grow(),
  });
  return created(call, "microsoft.graph.uploadSession", {
    "@odata.type": "#microsoft.graph.uploadSession",
    uploadUrl: `${call.base}${uploadPath}${session.id}?authtoken=${session.id}`,
    expirationDateTime: new Date(session.expiresAt).toISOString(),
    nextExpectedRanges: ["0-"],
  });
}

export function findUpload(
  simulation: Simulation,
  request: RequestHead,
): UploadSession | undefined {
  return simulation.world.uploads.find(request.path.slice(uploadPath.length));
}

/** One piece. The address itself is the permission: an Authorization header is refused. */
export async function receiveUpload(simulation: Simulation, request: Request): Promise<Reply> {
  if (header(request.headers, "authorization") !== undefined) {
    throw new GraphError(401, "InvalidAuthenticationToken", "No Authorization on an upload URL.");
  }
  const session = findUpload(simulation, request);
  if (session === undefined) {
    throw new GraphError(404, "ErrorItemNotFound", "The upload session was not found or expired.");
  }
  const { uploads } = simulation.world;
  if (request.method === "DELETE") {
    uploads.close(session);
    await session.bytes.discard();
    return { status: 204, headers: requestIds(request) };
  }
  if (request.method === "GET") return progress(session, request);
  if (request.method !== "PUT") {
    throw new GraphError(405, "BadRequest", "An upload URL takes PUT, GET and DELETE.");
  }
  checkPiece(session, request);
  session.received += request.body.length;
  await session.bytes.append(request.body);
  return session.received < session.item.sizeBytes
    ? progress(session, request)
    : finish(simulation, session, request);
}

function checkPiece(session: UploadSession, request: Request): void {
  const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(header(request.headers, "content-range") ?? "");
  const [start, end, total] = (range ?? []).slice(1).map(Number);
  if (start === undefined || end === undefined || total === undefined) {
    throw new GraphError(400, "ErrorInvalidContentRange", "Content-Range is missing or invalid.");
  }
  if (total !== session.item.sizeBytes || end >= total || end - start + 1 !== request.body.length) {
    throw new GraphError(
      400,
      "ErrorInvalidContentRange",
      "Content-Range does not fit the body or the size of the session.",
    );
  }
  if (start !== session.received) {
    throw new GraphError(
      416,
      "ErrorInvalidContentRange",
      `Pieces come in order: byte ${session.received} is expected next.`,
    );
  }
}

/** The answer has a capital letter and no dash, unlike the one that opened the session. */
function progress(session: UploadSession, request: Request): Reply {
  return {
    status: 200,
    headers: { "content-type": "application/json;charset=utf-8", ...requestIds(request) },
    content: JSON.stringify({
      ExpirationDateTime: new Date(session.expiresAt).toISOString(),
      nextExpectedRanges: [String(session.received)],
    }),
  };
}

async function finish(
  simulation: Simulation,
  session: UploadSession,
  request: Request,
): Promise<Reply> {
  const { world, urls, clock } = simulation;
  world.uploads.close(session);
  const person = world.directory.find(session.personId);
  const mailbox = person === undefined ? undefined : world.mailboxes.of(person);
  const message = mailbox?.find(session.message);
  if (person === undefined || mailbox === undefined || message === undefined) {
    await session.bytes.discard();
    throw new GraphError(404, "ErrorItemNotFound", "The message is gone.");
  }
  const { name, contentType, isInline, contentId } = session.item;
  const attachment = attach(mailbox, message, {
    name,
    contentType,
    isInline,
    contentId,
    contentLocation: null,
    bytes: session.bytes.seal(),
    modifiedAt: clock(),
  });
  const user = `Users('${person.id}')`;
  const of = `Messages('${messageId(mailbox, message, false)}')`;
  const id = mailbox.ids.attachment(message.serial, attachment.serial);
  const location = `${urls.graph}/v1.0/${user}/${of}/Attachments('${id}')`;
  return { status: 201, headers: { location, ...requestIds(request) } };
}

function readItem(body: Record<string, unknown>): UploadItem {
  const name = Object.keys(body).find((key) => key.toLowerCase() === "attachmentitem");
  const item = name === undefined ? undefined : body[name];
  if (typeof item !== "object" || item === null || Object.keys(body).length !== 1) {
    throw new GraphError(400, "ErrorInvalidArgument", "The parameter 'AttachmentItem' is missing.");
  }
  checkBody("microsoft.graph.attachmentItem", item);
  const { attachmentType, size, contentType, isInline, contentId, ...rest } = item as Record<
    string,
    unknown
  >;
  if (String(attachmentType).toLowerCase() !== "file") {
    throw new GraphError(400, "ErrorInvalidArgument", "Only files can be uploaded.");
  }
  if (typeof rest["name"] !== "string" || rest["name"] === "" || typeof size !== "number") {
    throw new GraphError(400, "ErrorRequiredPropertyMissing", "Required property is missing.");
  }
  if (size < minimumBytes) {
    throw new GraphError(
      400,
      "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize",
      "The size of the attachment is less than 3 MB: add it in one request.",
    );
  }
  if (size > maximumBytes) {
    throw new GraphError(
      400,
      "ErrorAttachmentSizeLimitExceeded",
      "The size of the attachment is more than 150 MB.",
    );
  }
  return {
    name: rest["name"],
    contentType: typeof contentType === "string" ? contentType : null,
    sizeBytes: size,
    isInline: isInline === true,
    contentId: typeof contentId === "string" ? contentId : null,
  };
}
