import { describe, expect, test } from "vitest";
import { itemOf, messageOf } from "./item-builder";

/** Every kind of item there is, and what a reviewer reads of it. */

type Fields = Readonly<Record<string, unknown>>;
type Kind = {
  readonly body: Fields;
  /** the subject without its people */
  readonly subject: readonly [before: string, after: string];
  /** how text and HTML begin: marks, text, notes */
  readonly opening: string;
  /** rows of the table, in this order */
  readonly rows: readonly string[];
  readonly files?: readonly string[];
};

const people = "From 445204334324 to 16175550123";
const plain = ["WhatsApp Message ", ""] as const;
const file = (name: string, contentType: string) => ({ id: name, name, contentType });
const sha256 = "ef".repeat(32);
const call = (kind: string, status: string, durationInMillis = 0): Fields => ({
  messageType: "CALL",
  text: null,
  call: {
    kind,
    status,
    startTime: 1_772_000_000_000,
    endTime: 1_772_000_062_000,
    durationInMillis,
  },
});
const media = (messageType: string, name: string, contentType: string): Kind => ({
  body: { messageType, text: null, attachments: [file(name, contentType)] },
  subject: plain,
  opening: "",
  rows: [`Attachments: ${name}, 3 bytes, SHA-256 ${sha256}`],
  files: [name],
});
const deletion = (scope: string | null, readState: string): Fields => ({
  messageType: "DELETED",
  deleted: { originalId: "ORIGINAL", scope, readState },
});

const kinds: Readonly<Record<string, Kind>> = {
  "a chat message": {
    body: {},
    subject: plain,
    opening: "Good morning\n\n",
    rows: ["Item: Chat message", "Conversation: Direct chat", "Direction: Incoming"],
  },
  "a message without text": {
    body: { text: "" },
    subject: plain,
    opening: "The message has no text.\n\n",
    rows: ["Item: Chat message"],
  },
  "a reply with its quote": {
    body: { replyTo: { networkMessageId: "ORIGINAL", excerpt: "How are you?" } },
    subject: plain,
    opening: "Good morning\n\nIn reply to:\n  “How are you?”\n\n",
    rows: ["Item: Chat message", "Refers to message: ORIGINAL"],
  },
  "a reply to what the record does not quote": {
    body: { replyTo: { networkMessageId: "ORIGINAL" } },
    subject: plain,
    opening: "Good morning\n\n",
    rows: ["In reply to: another message", "Refers to message: ORIGINAL"],
  },
  "an edit": {
    body: {
      messageType: "EDITED",
      edited: { originalId: "ORIGINAL", scope: "FOR_ALL", readState: "READ" },
    },
    subject: ["EDITED – WhatsApp Message ", ""],
    opening: "Edited message: this is the text after the edit.\n\nGood morning\n\n",
    rows: ["Item: Edited message", "Edited: for all", "Refers to message: ORIGINAL"],
  },
  "a deletion for all of what had been read": {
    body: deletion("FOR_ALL", "READ"),
    subject: ["DELETED – READ – WhatsApp Message ", ""],
    opening: "Deleted message: deleted for all. It had been read.\n\nGood morning\n\n",
    rows: ["Item: Deleted message", "Deleted: for all", "State when deleted: read"],
  },
  "a deletion for oneself of what had not been read": {
    body: deletion("FOR_ME", "UNREAD"),
    subject: ["DELETED – UNREAD – WhatsApp Message ", ""],
    opening: "Deleted message: deleted for me. It had not been read.\n\nGood morning\n\n",
    rows: ["Deleted: for me", "State when deleted: unread", "Refers to message: ORIGINAL"],
  },
  "a deletion of which nobody knows more": {
    body: { ...deletion(null, "UNKNOWN"), text: null },
    subject: ["DELETED – UNKNOWN – WhatsApp Message ", ""],
    opening: "Deleted message: deleted. Whether it had been read is not known.\n\n",
    rows: ["Deleted: scope unknown", "State when deleted: unknown"],
  },
  "a deletion of a message with a file": {
    body: { ...deletion("FOR_ALL", "READ"), attachments: [file("a.jpg", "image/jpeg")] },
    subject: ["DELETED – READ – WhatsApp Message ", ""],
    opening:
      "Deleted message: deleted for all. It had been read.\n\nGood morning\n\n" +
      "The attachments are with the message that was deleted, not with this one.\n\n",
    rows: ["Item: Deleted message"],
  },
  "a deletion of an edited message": {
    body: { ...deletion("FOR_ALL", "READ"), edited: { originalId: "ORIGINAL" } },
    subject: ["DELETED – READ – EDITED – WhatsApp Message ", ""],
    opening:
      "Deleted message: deleted for all. It had been read.\n" +
      "Edited message: this is the text after the edit.\n\nGood morning\n\n",
    rows: ["Deleted: for all", "Edited: scope unknown"],
  },
  "a reaction": {
    body: {
      messageType: "REACTION",
      text: null,
      reaction: { networkMessageId: "ORIGINAL", emoji: "👏🏽" },
    },
    subject: plain,
    opening: "",
    rows: ["Item: Reaction", "Reaction: 👏🏽", "Refers to message: ORIGINAL"],
  },
  "a reaction taken back": {
    body: {
      messageType: "REACTION",
      text: null,
      reaction: { networkMessageId: "ORIGINAL", emoji: "" },
    },
    subject: plain,
    opening: "",
    rows: ["Item: Reaction", "Reaction: removed", "Refers to message: ORIGINAL"],
  },
  "a voice note": media("VOICE", "PTT-1.opus", "audio/ogg; codecs=opus"),
  "a song": media("AUDIO", "song.mp3", "audio/mpeg"),
  "an image": media("IMAGE", "IMG-1.jpg", "image/jpeg"),
  "a video": media("VIDEO", "VID-1.mp4", "video/mp4"),
  "a sticker": media("STICKER", "STK-1.webp", "image/webp"),
  "a file": media("FILE", "Größe.pdf", "application/pdf"),
  "an image with a caption and a file that is gone": {
    body: {
      messageType: "IMAGE",
      attachments: [file("a", "image/png"), file("gone", "image/png")],
    },
    subject: plain,
    opening: "Good morning\n\nAn attachment is missing here, and named below.\n\n",
    rows: [
      "Item: Image",
      `Attachments: a, 3 bytes, SHA-256 ${sha256}`,
      "Attachments left out: gone, size unknown, SHA-256 unknown: the archive no longer holds it",
    ],
    files: ["a"],
  },
  "a location": {
    body: {
      messageType: "LOCATION",
      text: null,
      location: { latitude: 47.6396, longitude: -122.1283, name: "HQ", address: "1 Contoso Way" },
    },
    subject: plain,
    opening: "",
    rows: [
      "Item: Location",
      "Location: HQ\n  1 Contoso Way\n  47.6396,-122.1283\n  https://maps.google.com/?q=47.6396,-122.1283",
    ],
  },
  "a contact": {
    body: {
      messageType: "CONTACT",
      text: null,
      contact: { vcard: "BEGIN:VCARD\r\nFN:Zoë\r\nTEL:+447911123456\r\nEND:VCARD\r\n" },
    },
    subject: plain,
    opening: "",
    rows: ["Item: Contact", "Contact: Zoë", "Reached at: +447911123456"],
    files: ["contact.vcf"],
  },
  "a poll": {
    body: {
      messageType: "POLL",
      text: null,
      poll: { question: "Where shall we have lunch?", options: ["Thai", "Pizza"] },
    },
    subject: plain,
    opening: "",
    rows: ["Item: Poll", "Poll: Where shall we have lunch?", "Poll options: Thai\n  Pizza"],
  },
  "a voice call that was answered": {
    body: call("VOICE", "ANSWERED", 62_000),
    subject: ["WhatsApp Voice Call ", " (1 min 2 s)"],
    opening: "",
    rows: [
      "Item: Voice Call",
      "Call: Voice Call",
      "Call status: Answered",
      "Call started at: 2026-02-25 06:13:20 UTC",
      "Call ended at: 2026-02-25 06:14:22 UTC",
      "Call duration: 1 min 2 s",
    ],
  },
  "a video call that was answered": {
    body: call("VIDEO", "ANSWERED", 3_600_000),
    subject: ["WhatsApp Video Call ", " (1 h)"],
    opening: "",
    rows: ["Item: Video Call", "Call status: Answered", "Call duration: 1 h"],
  },
  "a missed call": {
    body: call("VOICE", "MISSED"),
    subject: ["WhatsApp Missed Voice Call ", " (0 s)"],
    opening: "",
    rows: ["Item: Missed Voice Call", "Call status: Missed", "Call duration: 0 s"],
  },
  "a rejected call": {
    body: call("VIDEO", "REJECTED"),
    subject: ["WhatsApp Rejected Video Call ", " (0 s)"],
    opening: "",
    rows: ["Item: Rejected Video Call", "Call status: Rejected"],
  },
  "a call to somebody who was busy": {
    body: call("VOICE", "BUSY"),
    subject: ["WhatsApp Busy Voice Call ", " (0 s)"],
    opening: "",
    rows: ["Item: Busy Voice Call", "Call status: Busy"],
  },
  "a call with a status of its own": {
    body: call("VOICE", "toString", 1000),
    subject: ["WhatsApp Voice Call ", " (1 s)"],
    opening: "",
    rows: ["Item: Voice Call", "Call status: toString"],
  },
  "a system message": {
    body: { messageType: "SYSTEM", text: "Bob added Ann" },
    subject: plain,
    opening: "System message: WhatsApp says this, nobody wrote it.\n\nBob added Ann\n\n",
    rows: ["Item: System message"],
  },
  "an unknown kind": {
    body: { messageType: "PAYMENT", payment: { amount: "12.00" } },
    subject: plain,
    opening:
      "Good morning\n\nThis record does not fit the known form. All of it is attached as JSON.\n\n",
    rows: ["Item: PAYMENT", "Does not fit: messageType is not a known word"],
    files: ["record.json"],
  },
};

const facts = [
  { index: 0, outcome: "staged", sizeBytes: 3, sha256 },
  { index: 1, outcome: "failed", code: "AttachmentGone" },
] as const;

describe.each(Object.entries(kinds))("%s", (_name, { body, subject, opening, rows, files }) => {
  const message = messageOf(itemOf(body), facts);

  test("has its subject", () => {
    const [before, after] = subject;

    expect(message.subject).toBe(`${before}${people}${after}`);
  });

  test("says what matters first, then its table", () => {
    expect(message.text.slice(0, message.text.indexOf("Item: "))).toBe(opening);
  });

  test("tells its facts in order, in text and in HTML", () => {
    const lines = rows.flatMap((row) => row.split(/: |\n {2}/));
    let from = { text: 0, html: 0 };
    for (const row of rows) expect(message.text).toContain(`${row}\n`);
    for (const line of lines) {
      const at = {
        text: message.text.indexOf(line, from.text),
        html: message.html.indexOf(line, from.html),
      };
      expect({ line, isTold: at.text >= 0 && at.html >= 0 }).toEqual({ line, isTold: true });
      from = at;
    }
  });

  test("carries its files and no others", () => {
    expect(message.attachments.map(({ name }) => name)).toEqual(files ?? []);
  });
});

describe("a conversation", () => {
  test.each([
    [{ id: "g", type: "GROUP", name: "Sales" }, "Sales (group)", "Sales"],
    [{ id: "g", type: "GROUP" }, "Group chat", "group"],
    [{ id: "b", type: "BROADCAST", name: "News" }, "News (broadcast)", "News"],
    [{ id: "b", type: "BROADCAST" }, "Broadcast", "broadcast group"],
    [{ id: "d", type: "DIRECT" }, "Direct chat", "16175550123"],
  ])("%j is called %s", (conversation, line, target) => {
    const { subject, text } = messageOf(itemOf({ conversation }));

    expect(subject).toBe(`WhatsApp Message From 445204334324 to ${target}`);
    expect(text).toContain(`Conversation: ${line}\n`);
    expect(text).toContain(`Conversation id: ${conversation.id}\n`);
  });
});

test("somebody without a number is named by name and id", () => {
  const sender = { type: "WHATSAPP_ID", value: "US.1349", firstName: "Jeff", lastName: "Hay" };
  const message = messageOf(itemOf({ sender }));

  expect(message.subject).toBe("WhatsApp Message From Jeff Hay to 16175550123");
  expect(message.from).toEqual({ name: "Jeff Hay US.1349", address: "US.1349@whatsapp.invalid" });
  expect(message.text).toContain("From: Jeff Hay US.1349\n");
});
