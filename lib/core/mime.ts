/**
 * The canonical bytes of a message (RFC 5322, MIME): what is hashed and kept as evidence. A library
 * composes (decision 21); its parts are emitted here, since its own streams take five times as long.
 * Every part is base64, so no content can hold a boundary, a bare line feed or a line that is too long.
 */
import { SyncError } from "./errors";
import type { DeliveredSource, Message, MessageAttachment } from "./message";
import { headOf, type MimeTree, mimeTree } from "./mime-tree";

type Bytes = AsyncIterable<Uint8Array> | Uint8Array;
type Open = (attachment: MessageAttachment) => Bytes;

/**
 * @param open gives the bytes of an attachment that is staged; what the message carries itself is not asked for
 * @throws SyncError StagingCorrupt when an attachment has another number of bytes than the message says
 */
export async function* mimeStream(message: Message, open: Open): AsyncGenerator<Uint8Array> {
  if (message.delivered !== undefined) {
    yield* deliveredStream(message.delivered, open);
    return;
  }
  const tree = mimeTree(message);
  let text = tree.people;
  for (const piece of piecesOf(tree.root, tree)) {
    if (typeof piece === "string") {
      text += piece;
      continue;
    }
    yield Buffer.from(text, "latin1");
    text = "";
    yield* base64Lines(open(piece), piece.sizeBytes);
  }
  yield Buffer.from(text, "latin1");
}

/** What was delivered, unchanged, below our own header lines. */
async function* deliveredStream(
  { front, mail }: DeliveredSource,
  open: Open,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(front, "latin1");
  const bytes = open(mail);
  let received = 0;
  for await (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
    received += chunk.byteLength;
    yield chunk;
  }
  if (received !== mail.sizeBytes) throw new SyncError("StagingCorrupt");
}

/** As the composer would write the part, with the attachments whose bytes are elsewhere in their places. */
function* piecesOf(node: MimeTree["root"], tree: MimeTree): Generator<string | MessageAttachment> {
  yield headOf(node);
  if (node.childNodes.length === 0) {
    const { content } = node;
    const staged = tree.staged.get(node);
    if (staged !== undefined) yield staged;
    else if (Buffer.isBuffer(content)) yield linesOf(content);
    return;
  }
  let before = "";
  for (const child of node.childNodes) {
    yield `${before}--${node.boundary}\r\n`;
    yield* piecesOf(child, tree);
    before = "\r\n";
  }
  yield `\r\n--${node.boundary}--\r\n`;
}

const lineChars = 76;
const lineBytes = (lineChars / 4) * 3;

async function* base64Lines(bytes: Bytes, sizeBytes: number): AsyncGenerator<Uint8Array> {
  let rest = Buffer.alloc(0);
  let received = 0;
  let before = "";
  for await (const chunk of bytes instanceof Uint8Array ? [bytes] : bytes) {
    received += chunk.byteLength;
    const all = Buffer.concat([rest, chunk]);
    const whole = all.byteLength - (all.byteLength % lineBytes);
    rest = all.subarray(whole);
    if (whole === 0) continue;
    yield Buffer.from(before + linesOf(all.subarray(0, whole)), "latin1");
    before = "\r\n";
  }
  if (received !== sizeBytes) throw new SyncError("StagingCorrupt");
  if (rest.byteLength > 0) yield Buffer.from(before + linesOf(rest), "latin1");
}

/** In a loop, since the composer's regular expression costs three times as much. */
function linesOf(bytes: Buffer): string {
  const encoded = bytes.toString("base64");
  let lines = "";
  let at = 0;
  for (; encoded.length - at > lineChars; at += lineChars) {
    lines += `${encoded.slice(at, at + lineChars)}\r\n`;
  }
  return lines + encoded.slice(at);
}
