/** Records of every kind with any string in any place, and files of any name, type and bytes. */
import fc from "fast-check";
import { hostileStrings } from "./hostile";
import type { Sample } from "./kinds";

const piece = fc.oneof(
  fc.constantFrom(...Object.values(hostileStrings).map((text) => text.slice(0, 100))),
  fc.string({ unit: "binary" }),
  fc.string({ unit: "grapheme" }),
  fc.string(),
);
const text = fc.array(piece, { maxLength: 3 }).map((pieces) => pieces.join(""));
const missing = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });

const person = fc.record({
  type: fc.constantFrom("MOBILE", "WHATSAPP_ID", "LOGIN"),
  value: fc.oneof(text, fc.stringMatching(/^[0-9]{8,15}$/), fc.stringMatching(/^[a-z.]{1,20}$/)),
  email: missing(fc.oneof(text, fc.emailAddress())),
  firstName: missing(text),
  lastName: missing(text),
});

const contentType = fc.oneof(
  fc.constantFrom("image/jpeg", "audio/ogg; codecs=opus", "text/plain", "application/pdf", ""),
  fc.constantFrom("message/rfc822", "multipart/mixed", 'video/mp4; codecs="avc1, mp4a"'),
  text,
);
const file = fc.record({
  // Of a file without a type, readers go by the end of its name.
  name: text.map((name) => `${name}.bin`),
  contentType,
  bytes: fc.uint8Array({ maxLength: 300 }),
});

const parts = fc.record(
  {
    replyTo: fc.record({ networkMessageId: text, excerpt: missing(text) }),
    reaction: fc.record({ networkMessageId: text, emoji: text }),
    edited: fc.record({ originalId: text }),
    deleted: fc.record({ originalId: text, readState: fc.constantFrom("READ", "UNREAD") }),
    location: fc.record({ latitude: fc.integer({ min: -90, max: 90 }), longitude: fc.nat(180) }),
    poll: fc.record({ question: text, options: fc.array(text, { maxLength: 3 }) }),
    contact: fc.record({ vcard: text }),
    call: fc.record({
      kind: fc.constantFrom("VOICE", "VIDEO"),
      status: fc.constantFrom("ANSWERED", "MISSED", "BUSY"),
      durationInMillis: fc.nat(100_000_000),
    }),
  },
  { requiredKeys: [] },
);

const kinds = ["CHAT", "CALL", "FILE", "IMAGE", "VIDEO", "AUDIO", "VOICE", "STICKER", "LOCATION"];
const others = ["CONTACT", "REACTION", "POLL", "EDITED", "DELETED", "SYSTEM", "HOLOGRAM"];

const body = fc.record({
  messageType: fc.constantFrom(...kinds, ...others),
  direction: fc.constantFrom("INCOMING", "OUTGOING"),
  networkMessageId: missing(text),
  messageTime: fc.integer({ min: Date.UTC(2008, 0), max: Date.UTC(2027, 0) }),
  text: fc.option(text),
  subject: missing(text),
  conversation: fc.record({
    id: text,
    type: fc.constantFrom("DIRECT", "GROUP", "BROADCAST"),
    name: missing(text),
  }),
  owner: person,
  sender: missing(person),
  recipients: fc.array(person, { maxLength: 4 }),
});

export const anySample: fc.Arbitrary<Sample> = fc
  .tuple(body, parts, fc.array(file, { maxLength: 3 }), text)
  .map(([fields, details, files, id]) => ({
    name: "any",
    body: {
      ...fields,
      ...details,
      attachments: files.map(({ name, contentType: type }, index) => ({
        ...{ id: `a${index}`, name, contentType: type },
      })),
    },
    outer: { id },
    files: files.map(({ bytes }) => Buffer.from(bytes)),
  }));
