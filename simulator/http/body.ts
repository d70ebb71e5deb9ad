import type { IncomingMessage } from "node:http";

/**
 * The whole body. One over the limit is read to its end all the same and thrown away: an answer sent
 * into a client that is still writing would reach it as a broken connection instead.
 */
export function readBody(
  message: IncomingMessage,
  limitBytes: number,
): Promise<Buffer | "too large" | "cut off"> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let length = 0;
    message.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limitBytes) chunks.push(chunk);
      else chunks = [];
    });
    message.on("end", () => {
      if (length > limitBytes) resolve("too large");
      else resolve(chunks.length === 1 ? (chunks[0] ?? empty) : Buffer.concat(chunks, length));
    });
    message.on("error", () => resolve("cut off"));
    message.on("close", () => resolve("cut off"));
  });
}

const empty = Buffer.alloc(0);
