/** The archive of a seed's world: every kind of record, whole and broken, with what each should come to. */
import type { Cast, Person } from "./people";
import type { Chance } from "./random";
import { canonical, type FileTruth, type ItemTruth, type RecordTruth, sha256 } from "./truth";

export type Archive = {
  readonly records: readonly RecordTruth[];
  /** By id, as the simulator wants them. */
  readonly attachments: Readonly<Record<string, { readonly base64: string }>>;
};

export type ArchivePlan = {
  readonly seed: string;
  readonly cast: Cast;
  readonly messages: number;
  readonly sizeLimitBytes: number;
  /** Borders of the windows, the first one's start and the last one's end included. */
  readonly borders: readonly Date[];
};

type Whole = Extract<ItemTruth, { readonly outcome: "item" }>;

/** Found in no log, table, queue or blob: what people wrote. */
export const canary = "canary";

export function createArchive(chance: Chance, plan: ArchivePlan): Archive {
  const { seed, cast, messages } = plan;
  const attachments: Record<string, { base64: string }> = {};
  const records: RecordTruth[] = [];
  const archived = cast.people.filter(({ isArchived }) => isArchived);
  const company = cast.people.filter(({ isAlone }) => !isAlone);
  let serial = 0;

  for (let index = 0; index < messages; index += 1) {
    const owner = chance.pick(archived as [Person, ...Person[]]);
    const others = owner.isAlone ? [] : some(chance, company, owner);
    const place = instant(chance, plan);
    const write = kinds[chance.between(0, kinds.length - 1)] ?? chat;
    write({
      chance,
      owner,
      others,
      text: `${canary}-${seed}-${index} ${chance.pick(words)}`,
      networkId: `net-${seed}-${index}`,
      nextId: () => `rec-${seed}-${(serial += 1)}`,
      file(name, sizeBytes, fate = "whole") {
        const id = `file-${seed}-${(serial += 1)}`;
        const bytes = bytesOf(chance, sizeBytes);
        if (fate !== "gone") attachments[id] = { base64: bytes.toString("base64") };
        // A digest that nothing can agree with: fetched three times, then left out.
        const said = fate === "corrupt" ? sha256("another file") : sha256(bytes);
        const truth = { name, sha256: sha256(bytes), fate };
        const shown = {
          id,
          name,
          contentType: "application/octet-stream",
          sizeBytes,
          sha256: said,
        };
        return { truth, shown };
      },
      limit: plan.sizeLimitBytes,
      add(record, item, more = {}) {
        const receivedAt = more.receivedAt ?? place.receivedAt;
        const stamped = stamp(record, receivedAt);
        records.push({
          ...{ record: stamped, sha256: sha256(canonical(stamped)), receivedAt, item },
          ...{ isLate: place.isLate, label: `${write.name} ${index}` },
        });
      },
    });
  }
  return { records, attachments };
}

type Desk = {
  readonly chance: Chance;
  readonly owner: Person;
  readonly others: readonly Person[];
  readonly text: string;
  readonly networkId: string;
  readonly nextId: () => string;
  file(
    name: string,
    sizeBytes: number,
    fate?: FileTruth["fate"],
  ): { readonly truth: FileTruth; readonly shown: object };
  readonly limit: number;
  add(record: unknown, item: ItemTruth, more?: { readonly receivedAt?: Date }): void;
};

function envelope(id: string, body: unknown, revision = "1") {
  return { id, revision, networkType: "WhatsApp", sourceType: "PHONE_ARCHIVER", body };
}

/** The instant goes in where a record is one; broken ones lie where they are put. */
function stamp(record: unknown, receivedAt: Date): unknown {
  if (typeof record !== "object" || record === null || "gatewayReceivedDate" in record)
    return record;
  return { ...record, gatewayReceivedDate: receivedAt.toISOString() };
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
  withFiles(desk, [desk.file("first.bin", half), desk.file("second.bin", half)], true);
}

function withFiles(
  desk: Desk,
  made: readonly ReturnType<Desk["file"]>[],
  isTooLarge = false,
): void {
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

const kinds = [
  ...[chat, chat, chat, chat, group, group, group, sharedFile, files, files],
  ...[brokenFile, tooLarge, contact, parts, parts, revised, silentlyChanged, generic, unreadable],
];

const words = [
  "ship it",
  "\u05e9\u05dc\u05d5\u05dd",
  "caf\u00e9 \u{1f468}\u200d\u{1f469}",
  "tomorrow",
] as const;

function some(chance: Chance, company: readonly Person[], owner: Person): Person[] {
  const wanted = chance.between(1, 3);
  const others = company.filter((person) => person !== owner);
  const found = new Set<Person>();
  for (let tries = 0; tries < wanted; tries += 1) {
    const other = others[chance.between(0, others.length - 1)];
    if (other !== undefined) found.add(other);
  }
  return [...found];
}

/** Anywhere in the windows, gladly on a border. What comes late lies in the last one. */
function instant(
  chance: Chance,
  { borders }: ArchivePlan,
): { readonly receivedAt: Date; readonly isLate: boolean } {
  const starts = borders.slice(0, -1);
  const isLate = chance.percent(12);
  const at = isLate ? starts.length - 1 : chance.between(0, starts.length - 1);
  const start = (starts[at] ?? new Date(0)).getTime();
  const end = (borders[at + 1] ?? new Date(0)).getTime();
  if (chance.percent(10)) return { receivedAt: new Date(start), isLate };
  if (chance.percent(10)) return { receivedAt: new Date(end - 1), isLate };
  return { receivedAt: new Date(start + Math.floor(chance.next() * (end - start))), isLate };
}

function bytesOf(chance: Chance, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 4) {
    const word = Math.floor(chance.next() * 4_294_967_296);
    for (let byte = 0; byte < 4 && at + byte < sizeBytes; byte += 1) {
      bytes[at + byte] = (word >>> (byte * 8)) & 255;
    }
  }
  return bytes;
}
