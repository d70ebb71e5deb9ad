import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { createBodyBytes } from "./graph-message";
import { ann, context, itemOf, messageOf } from "./item-builder";

// Properties are tried many times over, on machines that may be busy with all the other tests.
vi.setConfig({ testTimeout: 60_000 });

type Fields = Readonly<Record<string, unknown>>;
const bodies = (body: Fields = {}, outer: Fields = {}) => messageOf(itemOf(body, outer));

/** What a reader sees of HTML: the tests of equality need no more. */
function visible(html: string): string {
  return html
    .replace(/<head>.*<\/head>/s, "")
    .replace(/<(br|\/th|\/tr|\/div|\/p)[^>]*>/g, " ")
    .replace(/<[^>]+>/g, "")
    .replace(/&nbsp;/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#39;/g, "'")
    .replace(/&amp;/g, "&");
}
const words = (text: string) => text.replace(/[\s:]+/g, " ").trim();

const everything: Fields = {
  text: 'First line\n<b>second</b> & "third"',
  subject: "Minutes",
  conversation: { id: "g", type: "GROUP", name: "Sales <Group>" },
  replyTo: { networkMessageId: "A", excerpt: "What time?" },
  reaction: { networkMessageId: "A", emoji: "👍" },
  call: { kind: "VIDEO", status: "BUSY", startTime: 0, endTime: 61_000 },
  edited: { originalId: "A", scope: "FOR_ALL" },
  deleted: { originalId: "A", scope: "FOR_ME", readState: "READ" },
  location: { latitude: 52.52, longitude: 13.405, name: "Office", address: "Street 1" },
  contact: { vcard: "BEGIN:VCARD\nFN:Zoë\nEND:VCARD" },
  poll: { question: "Lunch?", options: ["Pizza", "Soup"] },
  messageType: "HOLOGRAM",
  messageTime: 0,
};

describe("plain text and HTML have the same content", () => {
  test("of a message with everything there is", () => {
    const message = bodies(everything);

    expect(words(visible(message.html))).toBe(words(message.text));
  });

  const text = fc.string({ unit: "binary", maxLength: 200 });
  const change = fc.record({ originalId: text, scope: fc.constantFrom("FOR_ME", "FOR_ALL") });
  const body = fc.record(
    {
      messageType: fc.constantFrom("CHAT", "CALL", "DELETED", "EDITED", "SYSTEM", "POLL", "OTHER"),
      text,
      subject: text,
      conversation: fc.record({ id: text, type: fc.constantFrom("DIRECT", "GROUP"), name: text }),
      replyTo: fc.record({ networkMessageId: text, excerpt: text }),
      reaction: fc.record({ networkMessageId: text, emoji: text }),
      call: fc.record({ kind: fc.constantFrom("VOICE", "VIDEO"), status: text, startTime: text }),
      edited: change,
      deleted: change,
      location: fc.record({ latitude: fc.double(), longitude: fc.double(), name: text }),
      contact: fc.record({ vcard: text }),
      poll: fc.record({ question: text, options: fc.array(text) }),
      attachments: fc.array(fc.record({ id: text, name: text, contentType: text })),
    },
    { requiredKeys: [] },
  );

  test("whatever is in it", () => {
    fc.assert(
      fc.property(body, (fields) => {
        const message = bodies(fields);
        expect(words(visible(message.html))).toBe(words(message.text));
      }),
      { numRuns: 300 },
    );
  });
});

test.each([
  ["conversation", "Conversation: Sales <Group> (group)"],
  ["direction", "Direction: Incoming"],
  ["the time it was sent", "Sent at: 2026-03-01 10:00:00 UTC"],
  ["the time it was archived", "Archived at: 2026-03-01 10:00:00 UTC"],
  ["phone archiver", "Archived by: WhatsApp Phone Archiver"],
  ["the record's own subject", "Subject: Minutes"],
  ["what is replied to", "In reply to:\n  “What time?”\n"],
  ["the reaction", "Reaction: 👍"],
  ["the call", "Call: Video Call"],
  ["the call's status", "Call status: Busy"],
  ["the call's start", "Call started at: 1970-01-01 00:00:00 UTC"],
  ["the call's end", "Call ended at: 1970-01-01 00:01:01 UTC"],
  ["the call's duration", "Call duration: 1 min 1 s"],
  ["the scope of the deletion", "Deleted: for me"],
  ["whether it was read before it was deleted", "State when deleted: read"],
  ["the scope of the edit", "Edited: for all"],
  [
    "the location",
    "Location: Office\n  Street 1\n  52.52,13.405\n  https://maps.google.com/?q=52.52,13.405",
  ],
  ["the poll", "Poll: Lunch?"],
  ["the poll's options", "Poll options: Pizza\n  Soup"],
  ["the contact", "Contact: Zoë"],
  ["the archived person", "Archived person: Ann Smith 16175550123 <ann@contoso.com>"],
  ["the message's own id", "Message id: 3EB0F1\n"],
  ["the id of the message it is about", "Refers to message: A\n"],
  ["the conversation's id", "Conversation id: g\n"],
  ["the connector", `Archive connector: ${context.connectorId}\n`],
  ["numbers as they are typed", "+445204334324, +44 5204334324\n"],
  ["the unknown type", "Item: HOLOGRAM"],
  ["what does not fit", "Does not fit: messageType is not a known word"],
])("the table of facts tells %s", (_name, line) => {
  expect(bodies(everything).text).toContain(line);
});

test("the cloud archiver is told from the phone archiver", () => {
  expect(bodies({}, { sourceType: "CLOUD_ARCHIVER" }).text).toContain(
    "Archived by: WhatsApp Cloud Archiver",
  );
});

test("a reaction taken back is told as removed", () => {
  const reaction = { networkMessageId: "A", emoji: "" };

  expect(bodies({ messageType: "REACTION", reaction }).text).toContain("Reaction: removed");
});

test("a record changed without a new revision is marked", () => {
  const message = messageOf({ ...itemOf(), isChangedWithoutRevision: true });

  expect(message.text).toContain("Changed at the source without a new revision.");
  expect(message.html).toContain("Changed at the source without a new revision.");
});

describe("text", () => {
  test("comes first", () => {
    const message = bodies();

    expect(message.text.startsWith("Good morning\n\nItem: Chat message\nFrom: Bob")).toBe(true);
    expect(message.html.indexOf("Good morning")).toBeLessThan(message.html.indexOf("<table"));
  });

  test("is escaped: nothing a phone sends becomes markup", () => {
    const evil = `<script>alert(1)</script><img src="https://evil.example/x.png">`;
    const message = bodies({
      text: evil,
      conversation: { id: "g", type: "GROUP", name: evil },
      owner: { ...ann, firstName: evil, lastName: `"><img src=x>` },
      poll: { question: evil, options: [evil] },
    });

    expect(message.html).not.toMatch(/<script|<img/);
    expect(message.html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  });

  test("nothing remote is loaded", () => {
    expect(bodies(everything).html).not.toMatch(
      /<(?:img|link|script|iframe|object)|url\(|@import|\ssrc=/i,
    );
  });

  test("keeps its lines", () => {
    const message = bodies({ text: "one\r\ntwo\n\n  three" });

    expect(message.text.startsWith("one\ntwo\n\n  three\n")).toBe(true);
    expect(message.html).toContain("one<br>two<br><br>  three");
  });

  test("shows NUL and control characters as U+FFFD and replaces lone surrogates", () => {
    const message = bodies({ text: "a\u0000b\u001bc\ud800d" });

    for (const body of [message.text, message.html])
      expect(body).toContain("a\ufffdb\ufffdc\ufffdd");
  });

  test("in any script survives, with emoji sequences and marks of direction", () => {
    const text = "שלום \u200fעולם, مرحبا, 你好, 👩‍👩‍👧‍👦 🏳️‍🌈 \u202eabc\u202c e\u0301";
    const message = bodies({ text });

    for (const body of [message.text, message.html]) expect(body).toContain(text);
  });

  test("may be empty or absent, which is said", () => {
    for (const text of ["", null]) {
      expect(bodies({ text }).text.startsWith("The message has no text.\n\nItem: ")).toBe(true);
      expect(bodies({ text }).html).not.toContain("<div");
    }
  });
});

describe("a text whose HTML exceeds 1 MiB", () => {
  const MiB = 1024 * 1024;

  test("begins one byte above it", () => {
    expect(bodies({ text: "x".repeat(MiB) }).attachments).toEqual([]);
    expect(bodies({ text: "x".repeat(MiB + 1) }).attachments).toHaveLength(1);
  });

  test("is measured by its HTML, not by its characters", () => {
    expect(bodies({ text: "&".repeat(MiB / 5) }).attachments).toEqual([]);
    expect(bodies({ text: "&".repeat(MiB / 5 + 1) }).attachments).toHaveLength(1);
  });

  test("is shown up to 100,000 characters and attached whole as message.txt", () => {
    const text = `${"x".repeat(2 * MiB)}\u0000end`;
    const message = bodies({ text });

    for (const body of [message.text, message.html]) {
      expect(body).toContain("The whole text is attached");
      expect(body.match(/x{2,}/)?.[0]).toHaveLength(100_000);
    }
    const content = message.attachments[0]?.content;
    expect(message.attachments[0]).toMatchObject({
      name: "message.txt",
      contentType: "text/plain",
    });
    expect(content?.kind === "bytes" && Buffer.from(content.bytes).toString() === text).toBe(true);
  });

  test("is cut between code points", () => {
    expect(bodies({ text: "x" + "😀".repeat(400_000) }).text).not.toMatch(/\p{Cs}/u);
  });
});

describe("the message that is answered", () => {
  const answer = (excerpt?: string) => bodies({ replyTo: { networkMessageId: "A", excerpt } });

  test("is quoted below the text, with its lines", () => {
    const message = answer("one\ntwo <b>");

    expect(message.text).toContain("Good morning\n\nIn reply to:\n  “one\n  two <b>”\n\nItem:");
    expect(message.html).toContain("<b>In reply to:</b><br>“one<br>two &lt;b&gt;”");
  });

  test("is named by its id alone where the record does not quote it", () => {
    const { text } = answer();

    expect(text).not.toContain("“");
    expect(text).toContain("In reply to: another message\n");
    expect(text).toContain("Refers to message: A\n");
  });

  test("is shown up to 4,000 characters and attached whole as quote.txt", () => {
    const message = answer("x".repeat(5000));
    const content = message.attachments[0]?.content;

    expect(message.text).toContain("The whole of what is answered is attached.");
    expect(message.text.match(/x{2,}/)?.[0]).toHaveLength(3999);
    expect(message.attachments[0]?.name).toBe("quote.txt");
    expect(content?.kind === "bytes" && content.bytes.byteLength).toBe(5000);
  });
});

describe("a group of 1,024", () => {
  const recipients = Array.from({ length: 1023 }, (_, index) => ({
    type: "MOBILE",
    value: `${49_151_000_000 + index}`,
    firstName: `Member ${index}`,
  }));
  const message = bodies({ recipients, conversation: { id: "g", type: "GROUP", name: "All" } });

  test("is named whole in the body, below everything else", () => {
    expect(message.text.indexOf("Archive connector:")).toBeLessThan(message.text.indexOf("To:"));
    for (const { value, firstName } of recipients) {
      expect(message.text).toContain(`${firstName} ${value}`);
      expect(message.html).toContain(`+${value},`);
    }
  });

  test("needs no attachment for that", () => {
    expect(message.attachments).toEqual([]);
    expect(message.html.length).toBeLessThan(150_000);
  });
});

test("an ordinary message takes less than 4 KB of HTML", () => {
  expect(bodies().html.length).toBeLessThan(4000);
});

describe("what would not fit into one create", () => {
  const mostInOneCreate = 4_000_000;

  test("a table of facts that is too long is cut, and attached whole", () => {
    const recipients = Array.from({ length: 12_000 }, (_, index) => ({
      type: "MOBILE",
      value: `${49_000_000_000 + index}`,
      firstName: "x".repeat(40),
    }));
    const message = bodies({ recipients });
    const content = message.attachments.find(({ name }) => name === "facts.txt")?.content;

    expect(createBodyBytes(message, [])).toBeLessThan(mostInOneCreate);
    expect(message.text).toContain("The whole table of facts is attached.");
    expect(message.text).toMatch(/… and \d+ more/);
    expect(content?.kind === "bytes" && Buffer.from(content.bytes).toString()).toContain(
      "49000011999",
    );
  });

  test("the worst of everything still fits", () => {
    const worst = (length: number) => "\\".repeat(length);
    const person = (index: number) => ({
      type: "LOGIN",
      value: `${index}${worst(5000)}`,
      firstName: worst(5000),
      lastName: "語".repeat(5000),
      email: `${"a".repeat(60)}@${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.com`,
    });
    const message = bodies({
      text: worst(1024 * 1024),
      recipients: Array.from({ length: 600 }, (_, index) => person(index)),
      conversation: { id: worst(5000), type: "GROUP", name: worst(5000) },
      poll: { question: worst(5000), options: Array.from({ length: 2000 }, () => worst(5000)) },
    });

    expect(createBodyBytes(message, [])).toBeLessThan(mostInOneCreate);
  });
});
