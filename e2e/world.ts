/**
 * A world for every test: administrators of its own, since a draft belongs to a person, and a
 * TeleMessage account of its own, since an account belongs to one connector. The product keeps its
 * database from test to test. Whose messages are archived stays the same: a directory that changed
 * as a whole from second to second would be no directory.
 */
import { randomBytes } from "node:crypto";
import { globalAdministratorWid } from "@/lib/core/access";
import { archivedMail, control } from "./control";

const domain = "e2e.example";

export type Person = { readonly upn: string; readonly name: string; readonly mobile: string };

export type World = {
  readonly key: string;
  readonly username: string;
  readonly password: string;
  /** Connector.Admin, and nothing else. */
  readonly admin: Person;
  /** Connector.Admin and Global Administrator. */
  readonly chief: Person;
  /** Global Administrator without an app role. */
  readonly global: Person;
  readonly auditor: Person;
  readonly reviewer: Person;
  /** No role at all. */
  readonly nobody: Person;
  readonly alice: Person;
  readonly bob: Person;
};

export async function newWorld(records = 6): Promise<World> {
  const key = randomBytes(4).toString("hex");
  const world = describe(key);
  await control("PUT", "/world", {
    tenant: { domain, name: "Organization" },
    people: [
      person(world.admin, ["Connector.Admin"]),
      person(world.chief, ["Connector.Admin"], [globalAdministratorWid]),
      person(world.global, [], [globalAdministratorWid]),
      person(world.auditor, ["Connector.Auditor"]),
      person(world.reviewer, ["Connector.Reviewer"]),
      person(world.nobody, []),
      { ...person(world.alice, []), id: "a11ce000-0000-4000-8000-000000000001" },
      { ...person(world.bob, []), id: "b0b00000-0000-4000-8000-000000000002" },
    ],
    telemessage: {
      accountId: `account-${key}`,
      username: world.username,
      password: world.password,
      records: chats(world, records),
    },
  });
  return world;
}

/** Chats between Alice and Bob, a second apart up to half an hour ago; each goes to both mailboxes. */
export function chats(
  world: World,
  count: number,
  idPrefix = "chat",
  newestAt = Date.now() - 30 * 60_000,
): unknown[] {
  return Array.from({ length: count }, (_, index) => {
    const receivedAt = newestAt - index * 1000;
    const [owner, other] = index % 2 === 0 ? [world.alice, world.bob] : [world.bob, world.alice];
    return chat(`${idPrefix}-${world.key}-${index}`, receivedAt, owner, [other]);
  });
}

/**
 * How many messages of this world somebody has. The run of a test before may still be under way: the
 * product keeps it, and the mailboxes are the same.
 */
export async function mailOf({ key }: World, { upn }: Person): Promise<number> {
  const { messages } = await archivedMail(upn);
  return messages.filter(({ body }) => body.content.includes(key)).length;
}

/** A chat of somebody whom the directory does not know. */
export function strangersChat(world: World, mobile: string, id: string): unknown {
  const stranger = { upn: "", name: "Sam Stranger", mobile };
  return chat(`${id}-${world.key}`, Date.now() - 40 * 60_000, stranger, []);
}

function chat(id: string, receivedAtMs: number, owner: Person, others: readonly Person[]) {
  return {
    id,
    revision: "1",
    gatewayReceivedDate: new Date(receivedAtMs).toISOString(),
    networkType: "WhatsApp",
    sourceType: "PHONE_ARCHIVER",
    body: {
      messageType: "CHAT",
      direction: "OUTGOING",
      networkMessageId: `NET-${id}`,
      messageTime: receivedAtMs - 2000,
      text: `Message ${id}`,
      conversation: { id: `conversation-${id}`, type: "DIRECT" },
      owner: participant(owner),
      sender: participant(owner),
      recipients: others.map(participant),
    },
  };
}

function participant({ upn, mobile, name }: Person) {
  return { type: "MOBILE", value: mobile, firstName: name, ...(upn ? { email: upn } : {}) };
}

function person({ upn, name }: Person, roles: readonly string[], wids: readonly string[] = []) {
  return { upn, mail: upn, displayName: name, roles, wids, mailbox: "ok" };
}

function describe(key: string): World {
  const own = (name: string, index: number) => named(`${name} ${key}`, index);
  return {
    key,
    username: `archive-${key}@${domain}`,
    password: `Archive!${key}`,
    admin: own("Ada", 1),
    chief: own("Grace", 2),
    global: own("Gustav", 3),
    auditor: own("Otto", 4),
    reviewer: own("Rita", 5),
    nobody: own("Nils", 6),
    alice: named("Alice", 7),
    bob: named("Bob", 8),
  };
}

function named(name: string, index: number): Person {
  const upn = `${name.toLowerCase().replace(" ", "-")}@${domain}`;
  return { upn, name, mobile: `4477009${String(index).padStart(5, "0")}` };
}
