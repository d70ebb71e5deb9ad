/** One entity of a MIME message: its headers, and either parts or content. */
export type MimeEntity = {
  readonly headers: readonly MimeHeader[];
  readonly type: ParameterizedValue;
  readonly disposition: ParameterizedValue;
  readonly parts: readonly MimeEntity[];
  readonly content: Buffer;
};

export type MimeHeader = { readonly name: string; readonly value: string };

export type ParameterizedValue = {
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
};

export type Mailbox = { readonly name: string; readonly address: string };

const deepest = 20;

/** Reads an entity. Bytes are taken as Latin-1 first, so that positions are those of the bytes. */
export function parseEntity(bytes: Buffer, depth = 0): MimeEntity {
  const text = bytes.toString("latin1");
  const end = text.startsWith("\r\n") ? 0 : text.indexOf("\r\n\r\n");
  const head = end === -1 ? text : text.slice(0, end);
  const bodyStart = end === -1 ? bytes.length : end === 0 ? 2 : end + 4;
  const headers = parseHeaders(head);
  const type = parseParameterized(headerValue(headers, "content-type") ?? "text/plain");
  const disposition = parseParameterized(headerValue(headers, "content-disposition") ?? "");
  const body = bytes.subarray(bodyStart);
  const boundary = type.parameters.get("boundary");
  const isMultipart = type.value.startsWith("multipart/") && boundary !== undefined;
  if (isMultipart && depth < deepest) {
    const parts = splitParts(body, boundary).map((part) => parseEntity(part, depth + 1));
    return { headers, type, disposition, parts, content: Buffer.alloc(0) };
  }
  const encoding = headerValue(headers, "content-transfer-encoding") ?? "7bit";
  return { headers, type, disposition, parts: [], content: decodeBody(body, encoding) };
}

export function headerValue(headers: readonly MimeHeader[], name: string): string | undefined {
  return headers.find((header) => header.name.toLowerCase() === name)?.value;
}

export function textOf({ type, content }: MimeEntity): string {
  return decodeCharset(content, type.parameters.get("charset") ?? "utf-8");
}

/** `=?utf-8?B?…?=` and `=?…?Q?…?=`; white space between two of them is not part of the text. */
export function decodeWords(text: string): string {
  const raw = Buffer.from(text, "latin1");
  const value = /^[\x20-\x7e\t]*$/.test(text) ? text : raw.toString("utf8");
  return value
    .replace(/(\?=)\s+(=\?)/g, "$1$2")
    .replace(
      /=\?([^?\s]+)\?([bqBQ])\?([^?\s]*)\?=/g,
      (_, charset: string, kind: string, word: string) => {
        const bytes =
          kind.toLowerCase() === "b"
            ? Buffer.from(word, "base64")
            : decodeQuotedPrintable(Buffer.from(word.replaceAll("_", " "), "latin1"));
        return decodeCharset(bytes, charset.split("*")[0] ?? charset);
      },
    );
}

/** A list such as `"Ann, B." <ann@contoso.com>, bob@contoso.com`. */
export function parseMailboxes(text: string): Mailbox[] {
  const list = text.match(/(?:"(?:[^"\\]|\\.)*"|<[^>]*>|[^,"<])+/g) ?? [];
  return list.flatMap((entry) => {
    if (entry.trim() === "") return [];
    const angled = /^([\s\S]*)<([^>]*)>\s*$/.exec(entry);
    const address = (angled?.[2] ?? entry).trim();
    const phrase = (angled?.[1] ?? "").trim().replace(/^"([\s\S]*)"$/, "$1");
    return [{ name: decodeWords(phrase.replace(/\\(.)/g, "$1")), address }];
  });
}

function parseHeaders(head: string): MimeHeader[] {
  const unfolded = head.replace(/\r\n(?=[ \t])/g, "");
  return unfolded.split("\r\n").flatMap((line) => {
    const colon = line.indexOf(":");
    if (colon < 1) return [];
    return [{ name: line.slice(0, colon).trim(), value: line.slice(colon + 1).trim() }];
  });
}

/** A value with parameters, those of RFC 2231 put together and decoded. */
function parseParameterized(text: string): ParameterizedValue {
  const pieces = text.match(/(?:"(?:[^"\\]|\\.)*"|[^;"])+/g) ?? [];
  const [first = "", ...rest] = pieces;
  const found = new Map<string, { order: number; isEncoded: boolean; value: string }[]>();
  for (const piece of rest) {
    const match = /^\s*([^=*\s]+)(?:\*(\d+))?(\*)?\s*=\s*([\s\S]*?)\s*$/.exec(piece);
    if (match === null) continue;
    const [, name = "", order, star, raw = ""] = match;
    const value = raw.replace(/^"([\s\S]*)"$/, "$1").replace(/\\(.)/g, "$1");
    const key = name.toLowerCase();
    const entry = { order: Number(order ?? 0), isEncoded: star !== undefined, value };
    found.set(key, [...(found.get(key) ?? []), entry]);
  }
  const parameters = new Map<string, string>();
  for (const [name, entries] of found) {
    const ordered = [...entries].sort((a, b) => a.order - b.order);
    const joined = ordered.map(({ value }) => value).join("");
    const isEncoded = ordered.some((entry) => entry.isEncoded);
    parameters.set(name, isEncoded ? decodeExtended(joined) : decodeWords(joined));
  }
  return { value: first.trim().toLowerCase(), parameters };
}

function decodeExtended(text: string): string {
  const [, charset = "utf-8", encoded = text] = /^([^']*)'[^']*'([\s\S]*)$/.exec(text) ?? [];
  const bytes = encoded.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(parseInt(hex, 16)),
  );
  return decodeCharset(Buffer.from(bytes, "latin1"), charset);
}

function splitParts(body: Buffer, boundary: string): Buffer[] {
  const text = `\r\n${body.toString("latin1")}`;
  const delimiter = `\r\n--${boundary}`;
  const parts: Buffer[] = [];
  let start = text.indexOf(delimiter);
  while (start !== -1) {
    const lineEnd = text.indexOf("\r\n", start + delimiter.length);
    if (text.startsWith("--", start + delimiter.length) || lineEnd === -1) break;
    const end = text.indexOf(delimiter, lineEnd);
    parts.push(Buffer.from(text.slice(lineEnd + 2, end === -1 ? undefined : end), "latin1"));
    start = end;
  }
  return parts;
}

function decodeBody(body: Buffer, encoding: string): Buffer {
  const kind = encoding.trim().toLowerCase();
  if (kind === "base64") return Buffer.from(body.toString("latin1"), "base64");
  return kind === "quoted-printable" ? decodeQuotedPrintable(body) : body;
}

function decodeQuotedPrintable(body: Buffer): Buffer {
  const text = body
    .toString("latin1")
    .replace(/=[ \t]*\r\n/g, "")
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(text, "latin1");
}

function decodeCharset(bytes: Buffer, charset: string): string {
  try {
    return new TextDecoder(charset.trim()).decode(bytes);
  } catch {
    return bytes.toString("utf8");
  }
}
