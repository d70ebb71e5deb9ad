/** Mails as the vendor delivers them, for tests: whole and ordinary unless something else is asked for. */
import { decodeMail, decodeStagedMail, type DeliveredMail } from "./eml-item";
import type { Mail } from "./eml-mail";
import type { SourceItem } from "./item";
import { sha256Hex } from "./keys";

export const deliveredAt = new Date("2026-03-02T01:05:00.000Z");

const ordinary: Readonly<Record<string, string>> = {
  "Message-ID": "<1234.5678@telemessage.example>",
  Date: "Sun, 1 Mar 2026 09:59:00 +0000",
  From: "Bob Jones 16174354634 <bob@partner.example>",
  To: "Ann Smith 12124325249 <ann@contoso.com>",
  Subject: "WhatsApp Message From 16174354634 to 12124325249",
  "MIME-Version": "1.0",
  "Content-Type": "text/plain; charset=utf-8",
};

/** @param headers in place of the ordinary ones; null leaves one out */
export function eml(
  headers: Readonly<Record<string, string | null>> = {},
  body = "Good morning",
): Buffer {
  const lines = Object.entries({ ...ordinary, ...headers }).flatMap(([name, value]) =>
    value === null ? [] : [`${name}: ${value}`],
  );
  return Buffer.from(`${lines.join("\r\n")}\r\n\r\n${body}\r\n`);
}

/** With a text, its HTML, and files. */
export function emlWithFiles(
  files: readonly { readonly head: string; readonly bytes: Uint8Array }[],
  headers: Readonly<Record<string, string | null>> = {},
): Buffer {
  const texts =
    "--in\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGood morning\r\n" +
    "--in\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>Good <b>morning</b></p>\r\n--in--";
  const parts = [
    `Content-Type: multipart/alternative; boundary=in\r\n\r\n${texts}`,
    ...files.map(({ head, bytes }) => {
      const base64 = Buffer.from(bytes).toString("base64");
      return `${head}\r\nContent-Transfer-Encoding: base64\r\n\r\n${base64}`;
    }),
  ];
  const body = parts.map((part) => `--out\r\n${part}\r\n`).join("");
  return eml({ "Content-Type": "multipart/mixed; boundary=out", ...headers }, `${body}--out--`);
}

export function delivered(bytes: Uint8Array): DeliveredMail {
  return {
    bytes,
    sizeBytes: bytes.byteLength,
    sha256: sha256Hex(bytes),
    deliveredAt,
    fileId: null,
  };
}

/** As it is recorded. */
export async function recordedMail(bytes: Uint8Array): Promise<SourceItem> {
  const decoded = await decodeMail(delivered(bytes));
  if (decoded.outcome !== "item") throw new Error("A mail is always an item");
  return decoded.item;
}

/** As it is composed. */
export async function stagedMail(bytes: Uint8Array): Promise<SourceItem & { readonly mail: Mail }> {
  const { revision } = await recordedMail(bytes);
  const item = await decodeStagedMail(bytes, deliveredAt, revision);
  if (item.mail === null) throw new Error("A mail in staging is read whole");
  return { ...item, mail: item.mail };
}
