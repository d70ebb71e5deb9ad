import { randomUUID } from "node:crypto";
import type { OutgoingHttpHeaders } from "node:http";
import { header, json, type Reply, type RequestHead } from "../http/reply";
import type { Clock } from "../state/clock";

/** A refusal in Graph's words. Thrown where it is found, answered at the door. */
export class GraphError extends Error {
  override readonly name = "GraphError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: OutgoingHttpHeaders = {},
  ) {
    super(message);
  }
}

/** The refusals that are worded in more than one place. */
export const refuse = {
  notFoundInStore: () =>
    new GraphError(404, "ErrorItemNotFound", "The specified object was not found in the store."),
  malformedId: () => new GraphError(400, "ErrorInvalidIdMalformed", "Id is malformed."),
  noSuchUser: (user: string) =>
    new GraphError(
      404,
      "Request_ResourceNotFound",
      `Resource '${user}' does not exist or one of its queried reference-property objects are not present.`,
    ),
  badRequest: (message: string) => new GraphError(400, "BadRequest", message),
  undeserializable: () =>
    new GraphError(400, "UnableToDeserializePostBody", "were unable to deserialize "),
  unreadable: (message: string) => new GraphError(400, "RequestBodyRead", message),
  tooLarge: () =>
    new GraphError(413, "RequestEntityTooLarge", "The request entity is too large: at most 4 MB."),
  quotaExceeded: () =>
    new GraphError(507, "ErrorQuotaExceeded", "Mailbox has exceeded maximum mailbox size."),
  folderExists: (name: string) =>
    new GraphError(
      409,
      "ErrorFolderExists",
      `A folder with the specified name already exists., Could not create folder '${name}'.`,
    ),
};

export function errorReply(error: GraphError, request: RequestHead, clock: Clock): Reply {
  const requestId = randomUUID();
  const clientRequestId = header(request.headers, "client-request-id") ?? requestId;
  const body = {
    error: {
      code: error.code,
      message: error.message,
      innerError: {
        date: new Date(clock()).toISOString().slice(0, 19),
        "request-id": requestId,
        "client-request-id": clientRequestId,
      },
    },
  };
  return json(error.status, body, {
    "request-id": requestId,
    "client-request-id": clientRequestId,
    ...error.headers,
  });
}
