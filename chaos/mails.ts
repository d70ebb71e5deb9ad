/** Every kind of mail a delivery may hold, whole and broken, each with what it should come to. */
import type { Person } from "./people";
import type { Chance } from "./random";
import { type FileTruth, type ItemTruth, sha256 } from "./truth";

/** What somebody who writes a mail has at hand. */
export type MailDesk = {
  readonly chance: Chance;
  /** Found in no log, table, queue or blob. */
  readonly text: string;
  /** The first wrote it. */
  readonly people: readonly [Person, ...Person[]];
  readonly nextId: () => string;
  readonly bytesOf: (sizeBytes: number) => Buffer;
  readonly limit: number;
  /** Files that do not fit into a create with others, and some that need an upload session. */
  readonly large: () => number;
  add(bytes: Buffer, item: ItemTruth): void;
};

type Whole = Extract<ItemTruth, { readonly outcome: "item" }>;
type Headers = Readonly<Record<string, string | null>>;

/** What it takes to write a text. */
type Plainly = Pick<MailDesk, "people" | "nextId" | "text">;

function headersOf({ people, nextId, text }: Plainly, more: Headers): string {
  const [from, ...to] = people;
  const [other] = to;
  const place = other !== undefined && to.length === 1 ? other.mobile : `${text} Group`;
  const headers: Headers = {
    "Message-ID": `<${nextId()}@vendor.example>`,
    Date: new Date(Date.UTC(2026, 0, 5, 12)).toUTCString(),
    From: inHeader(from),
    To: to.length === 0 ? null : to.map(inHeader).join(", "),
    Subject: encoded(`WhatsApp Message From ${from.mobile} to ${place}`),
    "MIME-Version": "1.0",
    ...more,
  };
  return Object.entries(headers)
    .flatMap(([name, value]) => (value === null ? [] : [`${name}: ${value}\r\n`]))
    .join("");
}

/** `First Last Mobile <email>`, or without the last; a name that ends in a digit would be read into the number. */
function inHeader({ name, mobile, email }: Person): string {
  const called = `${name.replace(/\d+/g, (digits) => "abcdefghijklmnop".charAt(Number(digits)))} ${mobile}`;
  return email === null ? called : `${called} <${email}>`;
}

function encoded(text: string): string {
  return `=?utf-8?B?${Buffer.from(text).toString("base64")}?=`;
}

function whole({ people, text }: Plainly, more: Partial<Whole> = {}): Whole {
  const known = people.filter(({ email }) => email !== null);
  const [owner] = people;
  return {
    ...{ outcome: "item", owner, people, text, files: [], extras: [] },
    ...{ owners: known.length === 0 ? people : known, isTooLarge: false, group: null, ...more },
  };
}

const plain = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n";

function plainMail(desk: Plainly, more: Headers = {}, text = desk.text): Buffer {
  return Buffer.from(`${headersOf(desk, more)}${plain}${text}\r\n`);
}

export function chat(desk: Plainly & Pick<MailDesk, "add">): void {
  desk.add(plainMail(desk), whole(desk));
}

function formatted(desk: MailDesk): void {
  const { text } = desk;
  const html = `<html><body><p>${text}</p></body></html>`;
  const parts = [
    `--alt\r\n${plain}${text}\r\n`,
    `--alt\r\n${plain.replace("plain", "html")}${html}\r\n--alt--\r\n`,
  ];
  const head = headersOf(desk, { "Content-Type": "multipart/alternative; boundary=alt" });
  desk.add(Buffer.from(`${head}\r\n${parts.join("")}`), whole(desk));
}

type Part = { readonly truth: FileTruth; readonly bytes: Buffer };

function part(desk: MailDesk, name: string, sizeBytes: number, fate: FileTruth["fate"] = "whole") {
  const bytes = desk.bytesOf(sizeBytes);
  return { truth: { name, sha256: sha256(bytes), fate }, bytes };
}

function withFiles(desk: MailDesk, parts: readonly Part[], isTooLarge = false): void {
  const files = parts.map(({ truth, bytes }) => {
    const about = `Content-Type: application/octet-stream; name="${truth.name}"\r\nContent-Disposition: attachment; filename="${truth.name}"`;
    const lines = bytes.toString("base64").replace(/.{76}/g, "$&\r\n");
    return `--mix\r\n${about}\r\nContent-Transfer-Encoding: base64\r\n\r\n${lines}\r\n`;
  });
  const head = headersOf(desk, { "Content-Type": "multipart/mixed; boundary=mix" });
  const body = `--mix\r\n${plain}${desk.text}\r\n${files.join("")}--mix--\r\n`;
  const item = whole(desk, { files: parts.map(({ truth }) => truth), isTooLarge });
  desk.add(Buffer.from(`${head}\r\n${body}`), item);
}

function files(desk: MailDesk): void {
  const count = desk.chance.between(1, 3);
  const made = Array.from({ length: count }, (_, index) =>
    part(desk, `file ${index}.bin`, desk.chance.between(1, 20_000)),
  );
  withFiles(desk, made);
}

function largeFile(desk: MailDesk): void {
  withFiles(desk, [part(desk, "large.bin", desk.large())]);
}

function fileTooLarge(desk: MailDesk): void {
  const tooLarge = part(desk, "broken.bin", desk.limit + 1, "tooLarge");
  withFiles(desk, [part(desk, "whole.bin", 700), tooLarge]);
}

function mailTooLarge(desk: MailDesk): void {
  const half = Math.ceil(desk.limit * 0.6);
  const halves = ["first.bin", "second.bin"].map((name) => part(desk, name, half, "unseen"));
  withFiles(desk, halves, true);
}

function otherSubject(desk: MailDesk): void {
  const { people, chance } = desk;
  const numbers = `from ${people[0].mobile} to ${people[1]?.mobile ?? "Sales Group"}`;
  const subject = chance.pick([
    `DELETED – READ – WhatsApp Message ${numbers}`,
    `DELETED For All - WhatsApp Message ${numbers}`,
    `WhatsApp Missed Video Call ${numbers}`,
    "Weekly report",
  ]);
  desk.add(plainMail(desk, { Subject: encoded(subject) }), whole(desk));
}

function withoutId(desk: MailDesk): void {
  desk.add(plainMail(desk, { "Message-ID": null }), whole(desk));
}

/** Two mails under one id: neither of the two may be lost. */
function sharedId(desk: MailDesk): void {
  const id = `<${desk.nextId()}@vendor.example>`;
  for (const text of [desk.text, `${desk.text} (changed)`]) {
    desk.add(plainMail(desk, { "Message-ID": id }, text), whole(desk, { text }));
  }
}

function journal(desk: MailDesk): void {
  const inner = plainMail(desk);
  const head =
    `From: journal@vendor.example\r\nTo: archive@vendor.example\r\nMessage-ID: <${desk.nextId()}@journal.example>\r\n` +
    "X-MS-Journal-Report:\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=jrn\r\n\r\n" +
    `--jrn\r\n${plain}Sender: somebody\r\n--jrn\r\nContent-Type: message/rfc822\r\n\r\n`;
  desk.add(Buffer.concat([Buffer.from(head), inner, Buffer.from("\r\n--jrn--\r\n")]), whole(desk));
}

/** No header at all names anybody. */
function garbage(desk: MailDesk): void {
  const bytes = desk.bytesOf(desk.chance.between(40, 3_000));
  desk.add(Buffer.concat([Buffer.from("\r\n"), bytes]), {
    ...whole(desk, { people: [], owners: [], text: null }),
  });
}

export const mailKinds = [
  ...[chat, chat, chat, chat, chat, formatted, formatted, files, files, largeFile, fileTooLarge],
  ...[mailTooLarge, otherSubject, otherSubject, withoutId, sharedId, journal, garbage],
] as const;

/** Beyond what a mailbox takes. */
export const hugeKinds: ReadonlySet<unknown> = new Set([fileTooLarge, mailTooLarge]);
