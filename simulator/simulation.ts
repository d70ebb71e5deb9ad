import { randomUUID } from "node:crypto";
import { EntraState } from "./entra/state";
import type { SigningKey } from "./entra/signing-key";
import type { Settings } from "./settings";
import { Drop } from "./sftp/drop";
import { Archive } from "./state/archive";
import { seededBytes, type BlobStore } from "./state/blobs";
import type { Clock } from "./state/clock";
import { Directory, idFromName, type Person } from "./state/directory";
import { Faults } from "./state/faults";
import { Mailboxes } from "./state/mailboxes";
import { Stats } from "./state/stats";
import { exchangeLimits, Throttle } from "./state/throttle";
import { UploadSessions } from "./state/upload-sessions";
import { Account, ordinaryPages } from "./telemessage/account";
import { Cursors } from "./telemessage/pages";
import type { AttachmentInputs, PersonInput, WorldInput } from "./world";

/** Everything the simulator knows, shared by its four services. */
export type Simulation = {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly signingKey: SigningKey;
  readonly blobs: BlobStore;
  readonly faults: Faults;
  readonly stats: Stats;
  readonly throttle: Throttle;
  /** The addresses under which the services are reached; known once they listen. */
  readonly urls: Urls;
  /** The port of the drop; known once it listens. */
  sftpPort: number;
  latency: WorldInput["latencyMs"];
  world: World;
  nextTurn(): number;
};

export type Urls = { telemessage: string; entra: string; graph: string; control: string };

/** What one `PUT /world` replaces with the next. */
export type World = {
  /** Ids that Graph gave out in another world must not be taken for its own. */
  readonly id: string;
  readonly tenant: WorldInput["tenant"];
  readonly directory: Directory;
  readonly mailboxes: Mailboxes;
  readonly uploads: UploadSessions;
  readonly entra: EntraState;
  readonly account: Account;
  readonly archive: Archive;
  /** The archive once more, as files. */
  readonly drop: Drop;
  readonly cursors: Cursors;
};

export type Ground = {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly signingKey: SigningKey;
  readonly blobs: BlobStore;
};

export async function createSimulation(ground: Ground, input: WorldInput): Promise<Simulation> {
  let turn = 0;
  return {
    ...ground,
    faults: new Faults(),
    stats: new Stats(),
    throttle: new Throttle(ground.clock),
    urls: { telemessage: "", entra: "", graph: "", control: "" },
    sftpPort: 0,
    latency: input.latencyMs,
    world: await buildWorld(ground, input),
    nextTurn: () => (turn += 1),
  };
}

/** Replaces everything; only the signing key stays, and with it nothing that it signed is worth much. */
export async function replaceWorld(simulation: Simulation, input: WorldInput): Promise<void> {
  const world = await buildWorld(simulation, input);
  const before = simulation.world;
  simulation.world = world;
  simulation.latency = input.latencyMs;
  simulation.faults.clear();
  simulation.stats.clear();
  simulation.throttle.set(exchangeLimits);
  await before.mailboxes.discard();
  await before.archive.discard();
  await before.drop.discard();
}

/** Bytes that a control request brought along, put where they belong. */
export async function storeAttachments(
  archive: Archive,
  blobs: BlobStore,
  attachments: AttachmentInputs,
): Promise<void> {
  for (const [id, attachment] of Object.entries(attachments)) {
    if ("base64" in attachment) {
      archive.addAttachment(id, await blobs.put(Buffer.from(attachment.base64, "base64")));
    } else {
      archive.addAttachment(id, seededBytes(attachment.seed, attachment.sizeBytes));
    }
  }
}

async function buildWorld({ clock, blobs }: Ground, input: WorldInput): Promise<World> {
  const { tenant, telemessage } = input;
  const id = randomUUID();
  const archive = new Archive(clock);
  archive.add(telemessage.records);
  await storeAttachments(archive, blobs, telemessage.attachments ?? {});
  return {
    id,
    tenant,
    directory: new Directory(input.people.map(toPerson)),
    mailboxes: new Mailboxes(id, clock),
    uploads: new UploadSessions(clock),
    entra: new EntraState(clock),
    account: new Account(clock, {
      accountId: telemessage.accountId ?? `tm-${tenant.domain}`,
      accountName: tenant.name,
      username: telemessage.username,
      password: telemessage.password,
      locked: telemessage.locked ?? false,
      archiveAccess: true,
      oldestAvailable: null,
      tokenTtlSeconds: 3600,
      cursorTtlSeconds: 3600,
      pages: ordinaryPages,
      manifest: "true",
      users: telemessage.users ?? [],
    }),
    archive,
    drop: new Drop(archive, blobs, clock),
    cursors: new Cursors(clock),
  };
}

function toPerson(input: PersonInput): Person {
  // In Microsoft 365 whoever has a mailbox has a mail address; most worlds leave it out.
  const mail =
    input.mail === undefined ? (input.mailbox === "none" ? null : input.upn) : input.mail;
  return {
    id: input.id ?? idFromName("person", input.upn),
    upn: input.upn,
    mail,
    proxyAddresses: input.proxyAddresses ?? (mail === null ? [] : [`SMTP:${mail}`]),
    displayName: input.displayName,
    userType: input.userType ?? "Member",
    roles: input.roles ?? [],
    wids: input.wids ?? [],
    mailbox: input.mailbox,
    isShared: input.shared ?? false,
    isEnabled: input.accountEnabled ?? true,
    isRemoved: false,
    changedAt: 1,
  };
}
