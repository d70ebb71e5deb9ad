/** A remote file in order, with many requests under way: one at a time would wait a round trip for every 32 KiB. */
import type { SftpConnection } from "./connection";
import { isEndOfFile } from "./failures";

const pieceBytes = 32 * 1024;
/** Half a megabyte in flight, which fills 100 Mbit/s at 40 ms. */
const piecesAtOnce = 16;

export async function* readPieces(
  ask: SftpConnection["ask"],
  path: string,
  from: number,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const handle = await ask<Buffer>((sftp, answer) => {
    sftp.open(path, "r", answer);
  }, signal);
  const underWay: Promise<Uint8Array>[] = [];
  let next = from;
  try {
    for (;;) {
      while (underWay.length < piecesAtOnce) {
        const piece = readWhole(ask, handle, next, signal);
        // Looked at in its turn; until then it must not count as unhandled.
        piece.catch(() => undefined);
        underWay.push(piece);
        next += pieceBytes;
      }
      const piece = await underWay.shift();
      if (piece === undefined) return;
      if (piece.length > 0) yield piece;
      if (piece.length < pieceBytes) return;
    }
  } finally {
    closeHandle(ask, handle);
  }
}

/** Nobody waits for it, and whoever stopped listening wants it closed all the same. */
export function closeHandle(ask: SftpConnection["ask"], handle: Buffer): void {
  const closed = ask<null>((sftp, answer) => {
    sftp.close(handle, (error) => answer(error, null));
  }, new AbortController().signal);
  closed.catch(() => undefined);
}

/** A server may give less than was asked for; only the end of the file makes a piece short. */
async function readWhole(
  ask: SftpConnection["ask"],
  handle: Buffer,
  at: number,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const piece = Buffer.allocUnsafe(pieceBytes);
  let length = 0;
  while (length < pieceBytes) {
    const offset = length;
    const got = await ask<number>((sftp, answer) => {
      sftp.read(handle, piece, offset, pieceBytes - offset, at + offset, answer);
    }, signal).catch(zeroAtEnd);
    if (got === 0) break;
    length += got;
  }
  return piece.subarray(0, length);
}

function zeroAtEnd(thrown: unknown): number {
  if (isEndOfFile(thrown)) return 0;
  throw thrown;
}
