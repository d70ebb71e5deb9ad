/** Stand-ins of the outer ports in memory, for tests of the services. */
import { randomBytes } from "node:crypto";
import { v7 as uuid } from "uuid";
import type { Actor } from "@/lib/core/access";
import { type FailureCode, SyncError } from "@/lib/core/errors";
import type { ConsentProvider, Directory, DirectoryUser } from "@/lib/ports/directory";
import type { Clock, Log, RunQueue, SecretBox } from "@/lib/ports/runtime";
import type { Source, SourceAccount, SourceCredential } from "@/lib/ports/source";
import type { Staging } from "@/lib/ports/staging";

export type FakeClock = Clock & { set(at: string): void; advance(ms: number): void };

export function fakeClock(start = "2026-11-20T10:00:00.000Z"): FakeClock {
  let at = new Date(start).getTime();
  return {
    now: () => new Date(at),
    set: (next) => {
      at = new Date(next).getTime();
    },
    advance: (ms) => {
      at += ms;
    },
  };
}

type KnownAccount = { readonly password: string; readonly account: SourceAccount };

export type FakeSource = Source & {
  readonly accounts: Map<string, KnownAccount>;
  /** Sign-ins that reached the source. */
  readonly tried: SourceCredential[];
  failWith: FailureCode | null;
};

export function fakeSource(): FakeSource {
  const accounts = new Map<string, KnownAccount>([
    ["archive@contoso.com", { password: "secret", account: { id: "acc-1", name: "Contoso" } }],
    ["other@contoso.com", { password: "secret", account: { id: "acc-2", name: "Contoso Two" } }],
  ]);
  const fake: FakeSource = {
    accounts,
    tried: [],
    failWith: null,
    async signIn(credential) {
      fake.tried.push(credential);
      if (fake.failWith !== null) throw new SyncError(fake.failWith);
      const known = accounts.get(credential.username);
      if (known?.password !== credential.password) throw new SyncError("SourceAuthFailed");
      return known.account;
    },
    open() {
      throw new Error("The portal opens no sessions");
    },
  };
  return fake;
}

/** Every server shows the same key, and none is spoken to. */
export const fakeHostKey = `ssh-ed25519 SHA256:${"A".repeat(43)}`;

export type FakeDirectory = Directory & {
  users: DirectoryUser[];
  failWith: FailureCode | null;
  reads: number;
};

export function directoryUser(
  userPrincipalName: string,
  more: Partial<DirectoryUser> = {},
): DirectoryUser {
  const upn = userPrincipalName.toLowerCase();
  return {
    id: uuid(),
    userPrincipalName: upn,
    mail: upn,
    displayName: upn,
    addresses: [upn],
    isMember: true,
    isEnabled: true,
    hasExchangePlan: true,
    ...more,
  };
}

export function fakeDirectory(users: DirectoryUser[] = []): FakeDirectory {
  const fake: FakeDirectory = {
    users,
    failWith: null,
    reads: 0,
    async *listUsers() {
      fake.reads += 1;
      if (fake.failWith !== null) throw new SyncError(fake.failWith);
      for (let at = 0; at < fake.users.length; at += 2) yield fake.users.slice(at, at + 2);
    },
    latestLink: async () => "https://graph.test/v1.0/users/delta?$deltatoken=latest",
    // Remembers nothing: everybody is read each time.
    changesSince: async () => "expired",
  };
  return fake;
}

export type FakeConsent = ConsentProvider & { isGranted: boolean; failWith: FailureCode | null };

export function fakeConsent(): FakeConsent {
  const fake: FakeConsent = {
    isGranted: false,
    failWith: null,
    consentUrl: (state) => `https://entra.test/adminconsent?state=${state}`,
    async proveGrant() {
      if (fake.failWith !== null) throw new SyncError(fake.failWith);
      return fake.isGranted
        ? { isGranted: true, roles: ["Mail.ReadWrite", "User.Read.All"] }
        : { isGranted: false, missing: ["Mail.ReadWrite", "User.Read.All"] };
    },
  };
  return fake;
}

export type FakeQueue = RunQueue & { runs: string[]; lanes: string[]; isAway: boolean };

export function fakeQueue(): FakeQueue {
  const fake: FakeQueue = {
    runs: [],
    lanes: [],
    isAway: false,
    async pokeTransfer(runId) {
      if (fake.isAway) throw new Error("The queue is away");
      fake.runs.push(runId);
    },
    async pokeLanes(laneIds) {
      if (fake.isAway) throw new Error("The queue is away");
      fake.lanes.push(...laneIds);
    },
  };
  return fake;
}

/** What is kept beside the database, by name. */
export type FakeNotes = Pick<Staging, "list" | "readFile" | "readRecord" | "writeNote"> & {
  readonly notes: Map<string, Uint8Array>;
  failWith: FailureCode | null;
};

export function fakeNotes(): FakeNotes {
  const notes = new Map<string, Uint8Array>();
  const fake: FakeNotes = {
    notes,
    failWith: null,
    async writeNote(blobName, bytes) {
      notes.set(blobName, bytes);
    },
    async *list(prefix) {
      for (const blobName of notes.keys()) {
        if (blobName.startsWith(prefix)) yield { blobName, writtenAt: new Date(0) };
      }
    },
    async readRecord(blobName) {
      if (fake.failWith !== null) throw new SyncError(fake.failWith);
      return notes.get(blobName) ?? new Uint8Array();
    },
    async *readFile(blobName) {
      if (fake.failWith !== null) throw new SyncError(fake.failWith);
      yield notes.get(blobName) ?? new Uint8Array();
    },
  };
  return fake;
}

export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** Opens only what was sealed for the same context; seals nothing. */
export const fakeSecretBox: SecretBox = {
  seal: (plain, context) => Buffer.from(JSON.stringify([context, plain])),
  open(sealed, context) {
    const [boundTo, plain] = JSON.parse(Buffer.from(sealed).toString()) as [string, string];
    if (boundTo !== context) throw new Error("Sealed for something else");
    return plain;
  },
};

export function fakeActor(tenantId: string, more: Partial<Actor> = {}): Actor {
  return {
    tenantId,
    id: uuid(),
    name: "Ada Admin",
    upn: "ada@contoso.com",
    roles: ["Connector.Admin"],
    ...more,
  };
}

export const freshId = (): string => uuid();
export const freshSecret = (): string => randomBytes(32).toString("base64url");
