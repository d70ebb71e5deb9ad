/** One record of every kind that there is, and of those that are hard on a message. */
import { ann, bob } from "@/lib/core/item-builder";

type Fields = Readonly<Record<string, unknown>>;

export type Sample = {
  readonly name: string;
  readonly body: Fields;
  readonly outer?: Fields;
  /** bytes of the attachments, in the record's order */
  readonly files?: readonly Buffer[];
};

const group = { id: "group-1", type: "GROUP", name: "Фінанси – Größe 👩‍👩‍👧‍👦" };
const photo = { id: "p", name: "Фото 1.jpg", contentType: "image/jpeg" };
/** Every byte there is, and no whole number of lines or of base64's groups. */
const bytes = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));

function file(name: string, contentType: string, body: Fields = {}): Sample {
  return {
    name: `${name} (${contentType})`,
    body: { messageType: "FILE", attachments: [{ id: name, name, contentType }], ...body },
    files: [bytes],
  };
}

const chats: readonly Sample[] = [
  { name: "a direct chat", body: {} },
  {
    name: "a direct chat, going out",
    body: { direction: "OUTGOING", sender: ann, recipients: [bob] },
  },
  { name: "the cloud's archiver", body: {}, outer: { sourceType: "CLOUD_ARCHIVER" } },
  { name: "a group chat", body: { conversation: group } },
  { name: "a group without a name", body: { conversation: { id: "g", type: "GROUP" } } },
  { name: "a broadcast", body: { conversation: { id: "b", type: "BROADCAST", name: "News" } } },
  { name: "no text", body: { text: null } },
  { name: "no conversation", body: { conversation: null } },
  { name: "no sender", body: { sender: null } },
  { name: "a subject of its own", body: { subject: "Budget 📈 2027" } },
  { name: "a time no phone can have had", body: { messageTime: 1_746_000_000_000_000 } },
  { name: "milliseconds", body: { messageTime: Date.UTC(2026, 1, 28, 23, 59, 59, 999) } },
  {
    name: "a system message",
    body: { messageType: "SYSTEM", text: "Ann changed the group's icon" },
  },
  {
    name: "a reply with its quote",
    body: { replyTo: { networkMessageId: "3EB0AA", excerpt: "«Kommst du?»\r\nja" } },
  },
  {
    name: "people without numbers",
    body: {
      sender: { type: "LOGIN", value: "j.doe", firstName: "Jo" },
      recipients: [{ type: "WHATSAPP_ID", value: "1203@g.us" }, ann],
    },
  },
];

const changes: readonly Sample[] = [
  {
    name: "an edit",
    body: { messageType: "EDITED", edited: { originalId: "3EB0F1" }, text: "new" },
  },
  ...["FOR_ME", "FOR_ALL", null].flatMap((scope) =>
    ["READ", "UNREAD", "UNKNOWN"].map((readState) => ({
      name: `a deletion (${scope ?? "scope unknown"}, ${readState})`,
      body: { messageType: "DELETED", deleted: { originalId: "3EB0F1", scope, readState } },
    })),
  ),
  {
    name: "a deletion with the original's attachment, which is not repeated",
    body: { messageType: "DELETED", deleted: { originalId: "A" }, attachments: [photo] },
  },
  ...["👍🏽", ""].map((emoji) => ({
    name: emoji === "" ? "a reaction taken back" : "a reaction",
    body: { messageType: "REACTION", text: null, reaction: { networkMessageId: "A", emoji } },
  })),
];

const calls: readonly Sample[] = ["VOICE", "VIDEO"].flatMap((kind) =>
  ["ANSWERED", "MISSED", "REJECTED", "BUSY", "SHRUGGED"].map((status) => ({
    name: `a ${kind} call (${status})`,
    body: {
      ...{ messageType: "CALL", text: null },
      call: { kind, status, startTime: 1_772_359_000_000, durationInMillis: 3_723_000 },
    },
  })),
);

const parts: readonly Sample[] = [
  {
    name: "a location",
    body: {
      messageType: "LOCATION",
      location: { latitude: 48.2, longitude: 16.37, name: "Café „Zentral“", address: "Wien" },
    },
  },
  {
    name: "a contact",
    body: {
      messageType: "CONTACT",
      contact: { vcard: "BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Zoë Ł.\r\nEND:VCARD\r\n" },
    },
  },
  {
    name: "a poll",
    body: { messageType: "POLL", poll: { question: "Pizza?", options: ["🍕", "=?utf-8?q?no?="] } },
  },
  { name: "a kind nobody knows", body: { messageType: "HOLOGRAM", text: "half" } },
  { name: "a record that fits nowhere", body: { owner: 7, recipients: "x", messageTime: "soon" } },
];

const files: readonly Sample[] = [
  file("Größe – Übersicht.pdf", "application/pdf"),
  file("photo.jpg", "image/jpeg", { messageType: "IMAGE" }),
  file("film.mp4", "video/mp4", { messageType: "VIDEO" }),
  file("song.mp3", "audio/mpeg", { messageType: "AUDIO" }),
  file("PTT-20260301-WA0001.opus", "audio/ogg; codecs=opus", { messageType: "VOICE", text: null }),
  file("sticker.webp", "image/webp", { messageType: "STICKER", text: null }),
  {
    name: "several files, two of one name, one empty",
    body: { messageType: "FILE", attachments: [photo, photo, { ...photo, name: "empty" }] },
    files: [bytes, bytes.subarray(1), Buffer.alloc(0)],
  },
];

/** Types that mean something to whoever reads a mail: they are files all the same. */
const special: readonly Sample[] = [
  ...["text/plain", "text/html", "text/plain; charset=utf-16", "text/rfc822-headers"],
  ...["text/plain; format=flowed; delsp=yes", "message/rfc822", "message/delivery-status"],
  ...["multipart/mixed", "multipart/mixed; boundary=x", "message/external-body; access-type=URL"],
  ...["application/ms-tnef", 'image/jpeg; name="another, name.exe"', "TEXT/X-Vcard; Charset=UTF-8"],
].map((contentType) => file("a.bin", contentType));

/** Read as the text that it is: of bytes that are none, readers make something else. */
const calendar: Sample = {
  ...file("a.ics", "text/calendar; method=REQUEST"),
  files: [Buffer.from("BEGIN:VCALENDAR\nSUMMARY:Größe\nEND:VCALENDAR\n")],
};

const large: readonly Sample[] = [
  {
    name: "a group of 1,024",
    body: {
      conversation: group,
      recipients: Array.from({ length: 1024 }, (_, index) => ({
        type: "MOBILE",
        value: `${4_917_000_000_000 + index}`,
        firstName: index % 3 === 0 ? `Zoë “${index}”` : `Ann, "${index}\\"`,
        lastName: index % 2 === 0 ? "Nguyễn" : "O'Neill <x@y.example>",
      })),
    },
  },
  { name: "a text of two megabytes", body: { text: "Zeile & Wort\n".repeat(160_000) } },
  { name: "a line of a megabyte", body: { text: "x".repeat(1_000_000) } },
];

export const everyKind: readonly Sample[] = [
  ...[...chats, ...changes, ...calls, ...parts, ...files, ...special, calendar, ...large],
];
