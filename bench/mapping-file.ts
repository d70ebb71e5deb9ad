/** A mapping file as large companies have it: a line per person, numbers and names all different. */
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { once } from "node:events";

export type MappingFileFacts = {
  readonly path: string;
  readonly lines: number;
  readonly sizeBytes: number;
  readonly sha256: string;
};

const linesAtOnce = 10_000;

export async function writeMappingFile(path: string, lines: number): Promise<MappingFileFacts> {
  const out = createWriteStream(path);
  const hash = createHash("sha256");
  let sizeBytes = 0;
  const write = async (text: string) => {
    hash.update(text);
    sizeBytes += text.length;
    if (!out.write(text)) await once(out, "drain");
  };
  await write("ExternalUserId,O365UserMailbox\n");
  for (let from = 0; from < lines; from += linesAtOnce) {
    const count = Math.min(linesAtOnce, lines - from);
    await write(Array.from({ length: count }, (_, index) => lineOf(from + index)).join(""));
  }
  out.end();
  await once(out, "finish");
  return { path, lines, sizeBytes, sha256: hash.digest("hex") };
}

function lineOf(index: number): string {
  return `44${7_000_000_000 + ((index * 7919) % 999_999_937)},person.${index}@contoso.example\n`;
}
