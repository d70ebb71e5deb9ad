import type { StoredAttachment } from "../state/stored-message";
import { GraphError, refuse } from "./errors";
import { checkBody } from "./schema";

export type AttachmentBody = Omit<StoredAttachment, "serial" | "bytes" | "modifiedAt"> & {
  readonly bytes: Buffer;
};

/** A file attachment with its bytes. The base type alone says nothing about what is attached. */
export function readAttachment(value: unknown): AttachmentBody {
  const body = (value ?? {}) as Record<string, unknown>;
  const type = body["@odata.type"];
  if (typeof type !== "string") {
    throw refuse.unreadable(
      "The annotation '@odata.type' is missing: 'microsoft.graph.attachment' is abstract.",
    );
  }
  if (type.replace(/^#/, "") !== "microsoft.graph.fileAttachment") {
    throw refuse.unreadable(`The simulator takes file attachments only, not '${type}'.`);
  }
  checkBody("microsoft.graph.fileAttachment", body);
  const { name, contentType, contentBytes, isInline, contentId, contentLocation } = body;
  if (typeof name !== "string" || name === "") {
    throw new GraphError(400, "ErrorRequiredPropertyMissing", "Required property is missing.");
  }
  if (typeof contentBytes !== "string") {
    throw new GraphError(400, "ErrorInvalidPropertyRequest", "ContentBytes is missing.");
  }
  // It becomes a header wherever the bytes are given out.
  if (typeof contentType === "string" && !/^[\x20-\x7e]*$/.test(contentType)) {
    throw new GraphError(400, "ErrorInvalidPropertyRequest", "ContentType is not valid.");
  }
  return {
    name,
    contentType: textOrNull(contentType) || null,
    isInline: isInline === true,
    contentId: textOrNull(contentId),
    contentLocation: textOrNull(contentLocation),
    bytes: Buffer.from(contentBytes, "base64"),
  };
}

function textOrNull(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
