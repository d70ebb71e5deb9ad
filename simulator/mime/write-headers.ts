export type Address = { readonly name: string; readonly address: string };

const softLimit = 76;

/** One header with its line end, folded at white space so that no line is long. */
export function foldedHeader(name: string, value: string): string {
  const words = encodeText(value.replace(/[\r\n]+/g, " ")).split(" ");
  let line = `${name}:`;
  const lines: string[] = [];
  for (const word of words) {
    if (line.length + 1 + word.length > softLimit && line.trim() !== "" && !line.endsWith(":")) {
      lines.push(line);
      line = "";
    }
    line = `${line} ${word}`;
  }
  return `${[...lines, line].join("\r\n")}\r\n`;
}

export function addressList(addresses: readonly Address[]): string {
  return addresses
    .map(({ name, address }) => {
      if (name === "" || name === address) return address;
      const isAscii = /^[\x20-\x7e]*$/.test(name);
      const phrase = isAscii ? `"${name.replace(/["\\]/g, "\\$&")}"` : encodeWords(name);
      return `${phrase} <${address}>`;
    })
    .join(", ");
}

/** `; filename="…"`, or in the pieces of RFC 2231 when the name is not plain. */
export function encodeParameter(name: string, value: string): string {
  if (/^[\x20-\x7e]{1,60}$/.test(value)) {
    return `;\r\n ${name}="${value.replace(/["\\]/g, "\\$&")}"`;
  }
  const encoded = encodeURIComponent(value).replace(/['()*!]/g, percent);
  const pieces = encoded.match(/(?:%[0-9A-F]{2}|[^%]){1,20}/g) ?? [""];
  return pieces
    .map((piece, index) => `;\r\n ${name}*${index}*=${index === 0 ? "utf-8''" : ""}${piece}`)
    .join("");
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

/** Text that is already ASCII stays; that includes addresses, whose names are encoded before. */
function encodeText(text: string): string {
  return /^[\x20-\x7e\t]*$/.test(text) ? text : encodeWords(text);
}

const wordBytes = 45;

/** Encoded words of at most 75 characters, cut between code points. */
function encodeWords(text: string): string {
  const words: string[] = [];
  let part = "";
  for (const character of text) {
    if (Buffer.byteLength(part + character) > wordBytes) {
      words.push(part);
      part = "";
    }
    part += character;
  }
  return [...words, part]
    .map((word) => `=?utf-8?B?${Buffer.from(word).toString("base64")}?=`)
    .join(" ");
}
