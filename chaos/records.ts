/** Every kind of record there is, whole and broken, each with what it should come to. */
import type { Person } from "./people";
import type { Chance } from "./random";
import { type FileTruth, type ItemTruth, sha256 } from "./truth";

type Whole = Extract<ItemTruth, { readonly outcome: "item" }>;

/** What somebody who writes a record has at hand. */
export type Desk = {
  readonly chance: Chance;
  readonly owner: Person;
  readonly others: readonly Person[];
  readonly text: string;
  readonly networkId: string;
  readonly nextId: () => string;
  file(name: string, sizeBytes: number, fate?: FileTruth["fate"]): DeskFile;
  readonly limit: number;
  /** Files that do not fit into a create with others, and some that need an upload session. */
  readonly large: () => number;
  add(record: unknown, item: ItemTruth): void;
};

type DeskFile = { readonly truth: FileTruth; readonly shown: object };

function envelope(id: string, body: unknown, revision = "1") {
  return { id, revision, networkType: "WhatsApp", sourceType: "PHONE_ARCHIVER", body };
}

function bodyOf({ owner, others, text, networkId }: Desk, more: object = {}) {
  return {
    messageType: "CHAT",
    direction: "OUTGOING",
    networkMessageId: networkId,
    messageTime: Date.UTC(2026, 0, 5, 12),
    text,
    conversation: { id: `conv-${networkId}`, type: "GROUP", name: "Team\u0000 \u{1f600}" },
    owner: participant(owner),
    sender: participant(owner),
    recipients: others.map(participant),
    ...more,
  };
}

function whole({ owner, others, text }: Desk, more: Partial<Whole> = {}): Whole {
  const people = [owner, ...others];
  const plain = { files: [], extras: [], isTooLarge: false, group: null };
  return { outcome: "item", owner, people, text, ...plain, ...more };
}

function participant({ name, mobile, email }: Person) {
  const firstName = `${name}\u0000`;
  return { type: "MOBILE", value: mobile, firstName, ...(email === null ? {} : { email }) };
}

function chat(desk: Desk): void {
  desk.add(envelope(desk.nextId(), bodyOf(desk)), whole(desk));
}

/** One message, archived for several people: every mailbox gets it once. */
function group(desk: Desk): void {
  const members = [desk.owner, ...desk.others].filter(({ isArchived }) => isArchived);
  const sender = desk.owner;
  for (const owner of members) {
    const others = [desk.owner, ...desk.others].filter((person) => person !== sender);
    const body = bodyOf(desk, { owner: participant(owner), recipients: others.map(participant) });
    desk.add(
      envelope(desk.nextId(), body),
      whole(desk, { owner, group: members.length > 1 ? desk.networkId : null }),
    );
  }
}

/** The same with a file: its bytes are part of what makes a duplicate. */
function sharedFile(desk: Desk): void {
  const members = [desk.owner, ...desk.others].filter(({ isArchived }) => isArchived).slice(0, 2);
  const { truth, shown } = desk.file("shared.bin", desk.chance.between(0, 9_000));
  for (const owner of members) {
    const more = { messageType: "FILE", owner: participant(owner), attachments: [shown] };
    desk.add(
      envelope(desk.nextId(), bodyOf(desk, more)),
      whole(desk, {
        ...{ owner, files: [truth], people: [owner, desk.owner, ...desk.others] },
        group: members.length > 1 ? desk.networkId : null,
      }),
    );
  }
}

function files(desk: Desk): void {
  const { chance } = desk;
  const count = chance.between(1, 3);
  const made = Array.from({ length: count }, (_, index) =>
    desk.file(`file ${index}.bin`, chance.between(1, 20_000)),
  );
  withFiles(desk, made);
}

function brokenFile(desk: Desk): void {
  const fate = desk.chance.pick(["gone", "corrupt", "tooLarge"] as const);
  const sizeBytes = fate === "tooLarge" ? desk.limit + 1 : 500;
  withFiles(desk, [desk.file("whole.bin", 700), desk.file("broken.bin", sizeBytes, fate)]);
}

function tooLarge(desk: Desk): void {
  const half = Math.ceil(desk.limit * 0.6);
  const unseen = (name: string) => desk.file(name, half, "unseen");
  withFiles(desk, [unseen("first.bin"), unseen("second.bin")], true);
}

function largeFile(desk: Desk): void {
  withFiles(desk, [desk.file("large.bin", desk.large())]);
}

function withFiles(desk: Desk, made: readonly DeskFile[], isTooLarge = false): void {
  const attachments = made.map(({ shown }) => shown);
  desk.add(
    envelope(desk.nextId(), bodyOf(desk, { messageType: "IMAGE", attachments })),
    whole(desk, { files: made.map(({ truth }) => truth), isTooLarge }),
  );
}

function contact(desk: Desk): void {
  const vcard = `BEGIN:VCARD\r\nVERSION:3.0\r\nFN:${desk.text}\r\nEND:VCARD\r\n`;
  desk.add(
    envelope(desk.nextId(), bodyOf(desk, { messageType: "CONTACT", contact: { vcard } })),
    whole(desk, { extras: [sha256(vcard)] }),
  );
}

function parts(desk: Desk): void {
  const { chance, networkId } = desk;
  const original = { originalId: `${networkId}-before`, scope: "FOR_ALL", readState: "READ" };
  const more = chance.pick([
    { messageType: "EDITED", edited: original },
    { messageType: "DELETED", deleted: original },
    {
      messageType: "REACTION",
      reaction: { networkMessageId: `${networkId}-x`, emoji: "\u{1f44d}" },
    },
    { messageType: "LOCATION", location: { latitude: 42.3, longitude: -71.1, name: "Quay" } },
    { messageType: "POLL", poll: { question: "When?", options: ["now", "later"] } },
    {
      messageType: "CALL",
      call: { kind: "VOICE", status: "ANSWERED", durationInMillis: 61_000 },
    },
    { messageType: "SYSTEM" },
  ]);
  desk.add(envelope(desk.nextId(), bodyOf(desk, more)), whole(desk));
}

/** An edit of the archive's own: the same id, a later revision. */
function revised(desk: Desk): void {
  const id = desk.nextId();
  desk.add(envelope(id, bodyOf(desk)), whole(desk));
  const text = `${desk.text} (edited)`;
  const body = bodyOf(desk, { text, networkMessageId: `${desk.networkId}-2` });
  desk.add(envelope(id, body, "2"), whole(desk, { text }));
}

/** Changed without saying so: neither of the two may be lost. */
function silentlyChanged(desk: Desk): void {
  const id = desk.nextId();
  for (const text of [desk.text, `${desk.text} (changed)`]) {
    const body = { ...bodyOf(desk, { text }), networkMessageId: undefined };
    desk.add(envelope(id, body), whole(desk, { text }));
  }
}

function generic(desk: Desk): void {
  const { chance, nextId } = desk;
  const record = chance.pick([
    envelope(nextId(), bodyOf(desk, { messageType: "HOLOGRAM" })),
    { ...envelope("", bodyOf(desk)), id: undefined },
    envelope(nextId(), bodyOf(desk, { conversation: "none" })),
  ]);
  // Its own JSON goes along; undefined fields are no part of it.
  desk.add(JSON.parse(JSON.stringify(record)), whole(desk, { extras: ["record"] }));
}

function unreadable(desk: Desk): void {
  desk.add(envelope(desk.nextId(), null), { outcome: "unreadable" });
}

/** Without a date a record lies where the one before it lies; a bare word is a record, too. */
function undated(desk: Desk): void {
  chat(desk);
  const body = bodyOf(desk, { networkMessageId: `${desk.networkId}-undated` });
  const record = { ...envelope(desk.nextId(), body), gatewayReceivedDate: "yesterday" };
  desk.add(record, whole(desk, { extras: ["record"] }));
  desk.add(`${desk.text}, nothing else`, { outcome: "unreadable" });
}

/** No manifest tells of what has no id: where it is restored alone, nobody can know. */
export const untold: ReadonlySet<unknown> = new Set([generic]);

export const kinds = [
  ...[chat, chat, chat, chat, group, group, group, sharedFile, files, files, largeFile],
  ...[brokenFile, tooLarge, contact, parts, parts, revised, silentlyChanged, generic, unreadable],
  undated,
] as const;
