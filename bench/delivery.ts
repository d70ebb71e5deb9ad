/** A delivery on a server: ZIPs of ordinary mails between the archived people, with their manifests. */
import { chmodSync, createWriteStream, renameSync } from "node:fs";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ZipFile } from "yazl";
import { addressOf, mailboxesOf, textOf } from "./world";

export type DeliverySize = {
  readonly zips: number;
  readonly mails: number;
  readonly mailboxes: number;
  /** Of a file in each mail; none where it is 0. */
  readonly fileBytes: number;
};

const hourMs = 3_600_000;

/** @returns the names of the files, oldest first */
export async function writeDelivery(folder: string, size: DeliverySize): Promise<string[]> {
  const names: string[] = [];
  for (let file = 0; file < size.zips; file += 1) {
    const at = new Date(Date.now() - 20 * hourMs + (file * 18 * hourMs) / size.zips);
    const digits = at.toISOString().replace(/\D/g, "").slice(0, 14);
    const name = `${digits.slice(0, 8)}0000-TeleMessage_${file + 1}_${digits}.zip`;
    await writeZip(join(folder, name), file, size, at);
    names.push(name);
  }
  return names;
}

async function writeZip(path: string, file: number, size: DeliverySize, at: Date): Promise<void> {
  const zip = new ZipFile();
  const written = pipeline(zip.outputStream, createWriteStream(`${path}.part`));
  const names: string[] = [];
  for (let each = 0; each < size.mails; each += 1) {
    const name = `${file}-${each}.eml`;
    names.push(name);
    const index = file * size.mails + each;
    zip.addReadStreamLazy(name, { compress: size.fileBytes === 0 }, (give) => {
      give(null, mailOf(index, size, at));
    });
  }
  zip.addBuffer(Buffer.from(`Count: ${names.length}\r\n${names.join("\r\n")}\r\n`), "manifest.mf");
  zip.end();
  await written;
  chmodSync(`${path}.part`, 0o644);
  renameSync(`${path}.part`, path);
}

function mailOf(index: number, { mailboxes, fileBytes }: DeliverySize, at: Date): Readable {
  const [from = 0, to = 0] = mailboxesOf(index, { mailboxes, copies: 2 });
  const head = [
    `Message-ID: <${index}.${at.getTime()}@vendor.example>`,
    `Date: ${new Date(at.getTime() - hourMs / 2).toUTCString()}`,
    `From: ${personOf(from)}`,
    `To: ${personOf(to)}`,
    `Subject: WhatsApp Message From ${numberOf(from)} to ${numberOf(to)}`,
    "MIME-Version: 1.0",
  ].join("\r\n");
  const plain = "Content-Type: text/plain; charset=utf-8\r\n\r\n";
  if (fileBytes === 0) return Readable.from([`${head}\r\n${plain}${textOf(index)}\r\n`]);
  const base64 = randomBytes(fileBytes).toString("base64");
  const video = 'Content-Type: video/mp4\r\nContent-Disposition: attachment; filename="v.mp4"';
  return Readable.from([
    `${head}\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${plain}${textOf(index)}\r\n`,
    `--b\r\n${video}\r\nContent-Transfer-Encoding: base64\r\n\r\n`,
    base64.replace(/.{76}/g, "$&\r\n"),
    "\r\n--b--\r\n",
  ]);
}

function personOf(index: number): string {
  return `Person ${index} ${numberOf(index)} <${addressOf(index)}>`;
}

function numberOf(index: number): string {
  return String(15_550_000_000 + index);
}
