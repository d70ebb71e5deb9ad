import type { OutgoingHttpHeaders } from "node:http";
import type { Reply } from "../http/reply";
import type { StoredBytes } from "../state/blobs";

/** The bytes, or the one range of them that was asked for. */
export function serveBytes(
  bytes: StoredBytes,
  range: string | undefined,
  headers: OutgoingHttpHeaders,
): Reply {
  const size = bytes.sizeBytes;
  const wanted = range === undefined ? "whole" : readRange(range, size);
  const common = { ...headers, "accept-ranges": "bytes" };
  if (wanted === "whole") {
    return {
      status: 200,
      headers: { ...common, "content-length": size },
      content: bytes.read(),
    };
  }
  if (wanted === "unsatisfiable") {
    return { status: 416, headers: { "content-range": `bytes */${size}` } };
  }
  const { start, end } = wanted;
  return {
    status: 206,
    headers: {
      ...common,
      "content-length": end - start,
      "content-range": `bytes ${start}-${end - 1}/${size}`,
    },
    content: bytes.read(start, end),
  };
}

/** A range that cannot be read, or several of them, may be answered with everything (RFC 9110). */
function readRange(
  range: string,
  size: number,
): "whole" | "unsatisfiable" | { start: number; end: number } {
  const match = /^bytes=(\d*)-(\d*)$/.exec(range.trim());
  const [, first = "", last = ""] = match ?? [];
  if (match === null || (first === "" && last === "")) return "whole";
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  if (last !== "" && Number(last) < start) return "whole";
  return start >= size ? "unsatisfiable" : { start, end };
}
