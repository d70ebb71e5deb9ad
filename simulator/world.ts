import {
  anything,
  BadInput,
  count,
  list,
  object,
  oneOf,
  optional,
  orNull,
  required,
  text,
  truth,
  type JsonObject,
  type Reader,
} from "./control/read";
import { defaultTenantId } from "./settings";
import type { MailboxState } from "./state/directory";

/** A world as `PUT /world` describes it: a tenant, its people and mailboxes, and an archive. */
export type WorldInput = {
  readonly tenant: { readonly id: string; readonly domain: string; readonly name: string };
  readonly people: readonly PersonInput[];
  readonly telemessage: TelemessageInput;
  readonly latencyMs: { readonly graph: number; readonly telemessage: number };
};

export type PersonInput = {
  readonly id?: string | undefined;
  readonly upn: string;
  readonly mail?: string | null | undefined;
  readonly proxyAddresses?: readonly string[] | undefined;
  readonly displayName: string;
  readonly userType?: "Member" | "Guest" | undefined;
  readonly roles?: readonly string[] | undefined;
  readonly wids?: readonly string[] | undefined;
  readonly mailbox: MailboxState;
  /** A shared mailbox: it has no Exchange plan and works. */
  readonly shared?: boolean | undefined;
  readonly accountEnabled?: boolean | undefined;
};

export type TelemessageInput = {
  readonly accountId?: string | undefined;
  readonly username: string;
  readonly password: string;
  readonly locked?: boolean | undefined;
  readonly users?: readonly unknown[] | undefined;
  readonly records: readonly unknown[];
  readonly attachments?: AttachmentInputs | undefined;
};

export type AttachmentInput =
  { readonly base64: string } | { readonly sizeBytes: number; readonly seed: string };

export type AttachmentInputs = Readonly<Record<string, AttachmentInput>>;

export function parseWorld(value: unknown): WorldInput {
  const world = object(value, "The world");
  const tenant = required(world, "tenant", "", object);
  const latency = optional(world, "latencyMs", "", object) ?? {};
  const people = required(world, "people", "", list(readPerson));
  refuseTwins(people);
  return {
    tenant: {
      id: optional(tenant, "id", "tenant", text) ?? defaultTenantId,
      domain: required(tenant, "domain", "tenant", text),
      name: required(tenant, "name", "tenant", text),
    },
    people,
    telemessage: readTelemessage(required(world, "telemessage", "", object)),
    latencyMs: {
      graph: optional(latency, "graph", "latencyMs", count) ?? 0,
      telemessage: optional(latency, "telemessage", "latencyMs", count) ?? 0,
    },
  };
}

export const readMailboxState = oneOf<MailboxState>("ok", "none", "full", "denied");

export const readAttachments: Reader<AttachmentInputs> = (value, where) => {
  const entries = Object.entries(object(value, where));
  return Object.fromEntries(
    entries.map(([id, each]) => [id, readAttachment(each, `${where}.${id}`)]),
  );
};

const readPerson: Reader<PersonInput> = (value, where) => {
  const person = object(value, where);
  return {
    id: optional(person, "id", where, text),
    upn: required(person, "upn", where, text),
    mail: optional(person, "mail", where, orNull(text)),
    proxyAddresses: optional(person, "proxyAddresses", where, list(text)),
    displayName: required(person, "displayName", where, text),
    userType: optional(person, "userType", where, oneOf("Member", "Guest")),
    roles: optional(person, "roles", where, list(text)),
    wids: optional(person, "wids", where, list(text)),
    mailbox: optional(person, "mailbox", where, readMailboxState) ?? "ok",
    shared: optional(person, "shared", where, truth),
    accountEnabled: optional(person, "accountEnabled", where, truth),
  };
};

function readTelemessage(source: JsonObject): TelemessageInput {
  const where = "telemessage";
  return {
    accountId: optional(source, "accountId", where, text),
    username: required(source, "username", where, text),
    password: required(source, "password", where, text),
    locked: optional(source, "locked", where, truth),
    users: optional(source, "users", where, list(anything)),
    records: optional(source, "records", where, list(anything)) ?? [],
    attachments: optional(source, "attachments", where, readAttachments),
  };
}

function readAttachment(value: unknown, where: string): AttachmentInput {
  const attachment = object(value, where);
  const base64 = optional(attachment, "base64", where, text);
  if (base64 !== undefined) return { base64 };
  const seed = attachment["seed"];
  return {
    sizeBytes: required(attachment, "sizeBytes", where, count),
    // A number is as good a seed as a word.
    seed: typeof seed === "number" ? String(seed) : text(seed ?? "", `${where}.seed`),
  };
}

function refuseTwins(people: readonly PersonInput[]): void {
  const seen = new Set<string>();
  for (const { upn } of people) {
    const key = upn.toLowerCase();
    if (seen.has(key)) throw new BadInput(`people: ${upn} is there twice.`);
    seen.add(key);
  }
}
