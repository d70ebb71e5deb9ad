import { listIn, property, wordsIn } from "../state/property";

/** What a message says, and in words what it is beside a text. */
export function mailText(body: unknown): string {
  const text = property(body, "text");
  const lines = [
    ...(typeof text === "string" ? [text] : []),
    ...tellers.flatMap(([name, tell]) => {
      const told = property(body, name);
      return told === undefined || told === null ? [] : tell(told).filter((line) => line !== "");
    }),
    ...unknownIn(body),
  ];
  return lines.join("\r\n");
}

type Teller = (told: unknown) => readonly string[];

const tellers: readonly (readonly [name: string, tell: Teller])[] = [
  ["replyTo", (told) => [labelled("In reply to", told, "excerpt")]],
  [
    "call",
    (told) => [
      labelled("Status", told, "status"),
      labelled("Started", told, "startTime", timeOf),
      labelled("Ended", told, "endTime", timeOf),
      labelled("Milliseconds", told, "durationInMillis"),
    ],
  ],
  [
    "reaction",
    (told) => [
      wordsIn(told, "emoji") === "" ? "Removed a reaction" : labelled("Reacted", told, "emoji"),
      labelled("To message", told, "networkMessageId"),
    ],
  ],
  ["edited", (told) => ["This message was edited.", labelled("Before", told, "originalId")]],
  ["deleted", (told) => ["This message was deleted.", labelled("It was", told, "originalId")]],
  [
    "location",
    (told) => [
      labelled("Location", told, "name"),
      labelled("Address", told, "address"),
      `${wordsIn(told, "latitude")}, ${wordsIn(told, "longitude")}`,
    ],
  ],
  ["contact", () => ["A contact card is attached."]],
  [
    "poll",
    (told) => [
      labelled("Poll", told, "question"),
      ...listIn(told, "options").map((each) => `- ${String(each)}`),
    ],
  ],
];

const told = new Set([
  ...["messageType", "direction", "networkMessageId", "messageTime", "text", "subject"],
  ...["conversation", "owner", "sender", "recipients", "attachments"],
  ...tellers.map(([name]) => name),
]);

function unknownIn(body: unknown): string[] {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return [];
  return Object.entries(body).flatMap(([name, value]) =>
    told.has(name) ? [] : [`${name}: ${JSON.stringify(value)}`],
  );
}

function labelled(
  label: string,
  from: unknown,
  name: string,
  say: (words: string) => string = (words) => words,
): string {
  const words = wordsIn(from, name);
  return words === "" ? "" : `${label}: ${say(words)}`;
}

function timeOf(words: string): string {
  const at = new Date(/^\d+$/.test(words) ? Number(words) : words);
  return Number.isNaN(at.getTime()) ? words : at.toISOString();
}
