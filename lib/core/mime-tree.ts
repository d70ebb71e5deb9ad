/**
 * A message as the composer's tree of parts. Every value in it is decided here or by what planned the
 * message; boundaries, header lines and their folding are the composer's.
 */
import MimeNode from "mime-composer/lib/mime-node";
import { sha256Hex } from "./keys";
import type { Message, MessageAttachment } from "./message";
import { fileNameParameter, peopleLines, wordsValue } from "./message-header-encoding";

export type MimeTree = {
  /** The lines of From and To, which stand before those of the root. */
  readonly people: string;
  readonly root: MimeNode;
  /** The parts whose bytes the message does not hold itself. */
  readonly staged: ReadonlyMap<MimeNode, MessageAttachment>;
};

export function mimeTree(message: Message): MimeTree {
  const root = new Part("multipart/mixed", {
    // From the message key, so that the same item gives the same bytes; "=_" never occurs in base64.
    boundaryPrefix: "=_",
    baseBoundary: sha256Hex(message.messageId).slice(0, 32),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  setHeaders(root, message);
  const body = root.appendChild(new Part("multipart/alternative", withinTree));
  addPart(body, "text/plain; charset=utf-8", Buffer.from(message.text.replaceAll("\n", "\r\n")));
  addPart(body, "text/html; charset=utf-8", Buffer.from(message.html.replaceAll("\n", "\r\n")));
  const staged = new Map<MimeNode, MessageAttachment>();
  for (const attachment of message.attachments) {
    const node = addAttachment(root, attachment);
    if (attachment.content.kind === "staged") staged.set(node, attachment);
  }
  return { people: peopleOf(message), root, staged };
}

/** Boundaries are made of the root's; for a part without any the composer would draw one by lot. */
const withinTree = { baseBoundary: "unused" };

/** The composer's own spelling of names, which its types do not tell of. */
type Speller = { _normalizeHeaderKey(name: string): string };
const composer = MimeNode.prototype as unknown as Speller;
const spelledNames = new Map<string, string>();

/** The composer spells a name anew each time it meets it, some forty times a message; ours are a dozen. */
class Part extends MimeNode implements Speller {
  _normalizeHeaderKey(name: string): string {
    const spelled = spelledNames.get(name) ?? composer._normalizeHeaderKey(name);
    spelledNames.set(name, spelled);
    return spelled;
  }
}

/**
 * The composer would read the addresses anew and map their domains by the tables of the Node.js it runs
 * on; the same item has to give the same bytes on every machine.
 */
function peopleOf({ from, to }: Message): string {
  return peopleLines("From", [from]) + (to.length > 0 ? peopleLines("To", to) : "");
}

function setHeaders(root: MimeNode, message: Message): void {
  const { inReplyTo, references, threadTopic } = message;
  root.setHeader("Date", message.date);
  set(root, "Subject", wordsValue(message.subject));
  root.setHeader("Message-ID", message.messageId);
  if (inReplyTo !== null) root.setHeader("In-Reply-To", inReplyTo);
  if (references.length > 0) root.setHeader("References", references.join(" "));
  if (threadTopic !== "") set(root, "Thread-Topic", wordsValue(threadTopic));
  for (const { name, value } of message.headers) set(root, name, value);
}

/** A value that is only folded: the composer would take words and types for something else. */
function set(node: MimeNode, name: string, value: string): void {
  node.setHeader(name, { value, prepared: true, foldLines: true });
}

function addPart(parent: MimeNode, contentType: string, content: Buffer): MimeNode {
  const node = parent.appendChild(new Part(undefined, withinTree));
  set(node, "Content-Type", contentType);
  node.setHeader("Content-Transfer-Encoding", "base64");
  return node.setContent(content);
}

const composite = /^(?:message|multipart)\//i;

/** A mail or a bundle as an attachment is not to be read as a part of this mail, and may not be base64 (RFC 2046). */
function addAttachment(root: MimeNode, attachment: MessageAttachment): MimeNode {
  const { name, contentType, sizeBytes, content } = attachment;
  const type = composite.test(contentType) ? "application/octet-stream" : contentType;
  const isOurText = content.kind === "bytes" && type.startsWith("text/");
  const bytes = content.kind === "bytes" ? content.bytes : new Uint8Array();
  const node = addPart(root, isOurText ? `${type}; charset=utf-8` : type, Buffer.from(bytes));
  set(node, "Content-Disposition", `attachment; ${fileNameParameter(name)}; size=${sizeBytes}`);
  return node;
}

/** The lines above a part, and the empty one. */
export function headOf(node: MimeNode): string {
  const lines = node.buildHeaders().replace(ownHeader, ourSpelling).replace(emptyStart, "$1 ");
  return `${lines}\r\n\r\n`;
}

/**
 * The composer begins a long value, such as an id, on a line of its own, and older Pythons take the
 * space before it for a part of it. Together they stay below 998, but for values made to be that long.
 */
const emptyStart = /^([A-Za-z0-9-]+:)\r\n (?=[^\r\n]{1,970}$)/gm;

const ownHeader = /^X-Whatsapp-Item-ID|^X-Whatsapp|^X-Archive-Sha256/gm;

const spellings: Readonly<Record<string, string>> = {
  "X-Whatsapp-Item-ID": "X-WhatsApp-Item-Id",
  "X-Whatsapp": "X-WhatsApp",
  "X-Archive-Sha256": "X-Archive-SHA256",
};

/** The composer spells names its own way, also those that others have written down. */
function ourSpelling(name: string): string {
  return spellings[name] ?? name;
}
