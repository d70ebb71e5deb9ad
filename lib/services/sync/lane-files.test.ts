import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { sha256Hex } from "@/lib/core/keys";
import type { MessageAttachment } from "@/lib/core/message";
import type { Staging } from "@/lib/ports/staging";
import { newReading, type Piece, piecesOf, type Reading } from "./lane-files";

const signal = new AbortController().signal;
const content = randomBytes(1000);

/** Hands out frames of 64 bytes, and counts how many; a room of 100 fits into no number of them. */
function file(bytes: Uint8Array = content, sha256 = sha256Hex(content)) {
  const seen = { frames: 0 };
  const staging: Partial<Staging> = {
    async *readFile(_name, _signal, start = 0) {
      for (let at = Math.floor(start / 64) * 64; at < bytes.byteLength; at += 64) {
        seen.frames += 1;
        yield bytes.subarray(Math.max(at, start), at + 64);
      }
    },
  };
  const name = { name: "a.bin", contentType: "video/mp4" };
  const attachment: MessageAttachment = {
    ...{ ...name, sizeBytes: content.byteLength, sha256 },
    content: { kind: "staged", index: 0 },
  };
  const fact = { position: 0, outcome: "staged", blobName: "a", sizeBytes: 1000, sha256 } as const;
  const pieces = (start: number, reading: Reading) =>
    piecesOf(
      { staging: staging as Staging },
      { attachments: [{ ...fact }] },
      attachment,
      { start, reading, room: Buffer.alloc(100) },
      signal,
    );
  return { seen, pieces };
}

/** So many pieces, and then nothing more is asked for. */
async function some(pieces: AsyncIterable<Piece>, most = Infinity): Promise<Buffer> {
  const read: Buffer[] = [];
  for await (const { bytes } of pieces) {
    read.push(Buffer.from(bytes));
    if (read.length >= most) break;
  }
  return Buffer.concat(read);
}

test("a file is read in pieces, and is what it was", async () => {
  const { pieces } = file();
  expect((await some(pieces(0, newReading()))).equals(content)).toBe(true);
});

test.each([
  ["where it was", 300],
  ["before that", 100],
  ["at its beginning", 0],
  ["after what was read so far", 700],
  ["in its last piece", 950],
])("a file that was put down is read on %s, and still counted whole", async (_name, start) => {
  const { pieces } = file();
  const reading = newReading();
  await some(pieces(0, reading), 3);
  const rest = await some(pieces(start, reading));
  expect(rest.equals(content.subarray(start))).toBe(true);
  // Once more, as when the answer to the last piece was lost.
  expect((await some(pieces(900, reading))).equals(content.subarray(900))).toBe(true);
});

test("a file that is read on is not read from its beginning", async () => {
  const { pieces, seen } = file();
  const reading = newReading();
  await some(pieces(0, reading), 9);
  const before = seen.frames;
  await some(pieces(900, reading));
  expect(seen.frames - before).toBeLessThanOrEqual(2);
});

test.each([
  ["other bytes", Buffer.alloc(1000)],
  ["fewer", content.subarray(0, 900)],
  ["more", Buffer.concat([content, Buffer.alloc(1)])],
])("of a file that turns out to be %s the last piece is never handed out", async (_name, bytes) => {
  const { pieces } = file(bytes);
  const reading = newReading();
  await some(pieces(0, reading), 3);
  const handedOut: number[] = [];
  const readOn = async () => {
    for await (const { from } of pieces(300, reading)) handedOut.push(from);
  };
  await expect(readOn()).rejects.toMatchObject({ code: "StagingCorrupt" });
  expect(Math.max(...handedOut)).toBeLessThan(900);
});
