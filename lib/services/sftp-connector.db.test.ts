/** The portal's part of a delivery by SFTP: what is asked, sealed, shown, and changed. */
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Actor } from "@/lib/core/access";
import { SyncError } from "@/lib/core/errors";
import { fakeHostKey, fakeSecretBox } from "@/lib/testing/fakes";
import {
  createPortalWorld,
  messageOf,
  never,
  type PortalWorld,
  valueOf,
} from "@/lib/testing/portal-world";
import type { SftpSignIn } from "./sign-in-input";
import { credentialContext } from "./source-credential";

let world: PortalWorld;
let actor: Actor;

beforeAll(async () => {
  world = await createPortalWorld();
});
beforeEach(async () => {
  actor = await world.admin();
  world.source.failWith = null;
  world.source.accounts.set("drop", { password: "secret", account });
});
afterAll(() => world.close());

const account = { id: "sftp://drop@sftp.example.com:22/out", name: "SFTP sftp.example.com:22" };
const otherKey = fakeHostKey.replace("AAAA", "BBBB");

const typed: SftpSignIn = {
  ...{ delivery: "SFTP", host: "SFTP.example.com ", port: "22", folder: "/out/", username: "drop" },
  ...{ password: "secret", privateKey: "", passphrase: "" },
  ...{ hostKey: fakeHostKey, movesFinishedFiles: true },
};

async function atSignIn() {
  const draft = await world.services.wizard.openDraft(actor);
  return valueOf(await world.services.wizard.acceptTerms(actor, draft.version));
}

async function signIn(more: Partial<SftpSignIn> = {}) {
  const draft = await world.services.wizard.openDraft(actor);
  return world.services.wizard.signIn(actor, draft.version, { ...typed, ...more }, never);
}

async function connector(name: string) {
  await atSignIn();
  const { wizard, connectors } = world.services;
  const signedIn = valueOf(await signIn());
  world.consentProvider.isGranted = true;
  const mapping = { automaticMapping: true, mappingFileId: null, leavesBadLinesOut: false };
  const mapped = valueOf(await wizard.saveMapping(actor, signedIn.version, mapping));
  const ready = valueOf(await wizard.confirmConsent(actor, mapped.version, never));
  const answers = { name, timeOfDay: "02:00", zone: "UTC" };
  const { connectorId } = valueOf(await wizard.finish(actor, ready.version, answers));
  const detail = async () => {
    const found = await connectors.detail(actor, connectorId);
    if (found === null) throw new Error("No such connector");
    return found;
  };
  const edit = async (more: Partial<SftpSignIn> = {}) => {
    const { version, name: now, timeOfDay, zone } = await detail();
    const { password = "", privateKey = "", passphrase = "", hostKey = "" } = more;
    const { movesFinishedFiles = true } = more;
    const form = { name: now, timeOfDay, zone, username: "drop", password, ...mapping };
    const rest = { sizeLimit: "10", largeAttachments: true };
    const sftp = { privateKey, passphrase, hostKey, movesFinishedFiles };
    return connectors.edit(actor, connectorId, version, { ...form, ...rest, sftp }, never);
  };
  return { connectorId, detail, edit, remove: () => connectors.remove(actor, connectorId, name) };
}

test("the key of a server is read once its address can be tried", async () => {
  const { connectors } = world.services;
  expect(valueOf(await connectors.hostKey(actor, typed, never))).toEqual({ hostKey: fakeHostKey });
  expect(await connectors.hostKey(actor, { ...typed, host: "sftp://x" }, never)).toMatchObject({
    fields: { host: expect.stringContaining("without sftp://") },
  });
});

test("what was signed in with stands in the draft, the secrets sealed and shown nowhere", async () => {
  await atSignIn();
  const draft = valueOf(await signIn({ privateKey: "KEY", passphrase: "open" }));
  expect(draft.source).toEqual({
    ...{ username: "drop", accountId: account.id, accountName: account.name },
    sftp: {
      ...{ host: "sftp.example.com", port: 22, folder: "/out" },
      ...{ hostKey: fakeHostKey, movesFinishedFiles: true },
    },
  });
  expect(JSON.stringify(draft)).not.toMatch(/secret|KEY|"open"/);
  const row = await world.store.drafts.findOpen(world.tenantId, actor.id);
  const credentialId = row?.credentialId ?? "";
  const sealed = await world.store.credentials.read(world.tenantId, credentialId);
  const opened = fakeSecretBox.open(
    sealed ?? new Uint8Array(),
    credentialContext(world.tenantId, credentialId),
  );
  expect(JSON.parse(opened)).toEqual({
    ...{ password: "secret", privateKey: "KEY", passphrase: "open" },
  });
});

test("blank secrets keep what was sealed for the same place, and for no other", async () => {
  await atSignIn();
  valueOf(await signIn());
  const blank = { password: "", movesFinishedFiles: false };
  const again = valueOf(await signIn(blank));
  expect(again.source?.sftp?.movesFinishedFiles).toBe(false);
  expect(world.source.tried.at(-1)).toMatchObject({ password: "secret", privateKey: null });
  expect(await signIn({ ...blank, host: "elsewhere.example.com" })).toMatchObject({
    fields: { password: "Enter a password or a private key." },
  });
});

test("who goes back to the archive API leaves nothing of the server behind", async () => {
  await atSignIn();
  const draft = valueOf(await signIn());
  const api = { username: "archive@contoso.com", password: "secret" };
  const back = valueOf(await world.services.wizard.signIn(actor, draft.version, api, never));
  expect(back.source?.sftp).toBeNull();
});

test("a key that nobody confirmed is not signed in to", async () => {
  await atSignIn();
  const tried = world.source.tried.length;
  expect(await signIn({ hostKey: "" })).toMatchObject({
    fields: { hostKey: expect.stringContaining("confirm it") },
  });
  expect(world.source.tried.length).toBe(tried);
});

test.each([
  ["SourceUnavailable", "host"],
  ["SourceNotFound", "host"],
  ["SourceNotSftp", "port"],
  ["SourceAuthFailed", "password"],
  ["SourceKeyRefused", "privateKey"],
  ["SourceKeyUnreadable", "privateKey"],
  ["SourceKeyLocked", "passphrase"],
  ["SourceFolderMissing", "folder"],
  ["SourceFolderDenied", "folder"],
] as const)("%s is told beside the field %s", async (code, field) => {
  await atSignIn();
  world.source.failWith = code;
  const refused = await signIn({ username: code });
  expect(refused).toMatchObject({ ok: false, fields: { [field]: messageOf(refused) } });
});

test("a connector by SFTP has its address, and hands it to its runs", async () => {
  const made = await connector("By SFTP");
  expect((await made.detail()).sftp).toMatchObject({ host: "sftp.example.com", port: 22 });
  expect((await made.detail()).sourceAccountId).toBe(account.id);
  const [row] = await world.database.query<Record<string, unknown>>(
    `SELECT "delivery"::text, "sftpFolder", "movesFinishedFiles" FROM "Connector" WHERE "id" = $1`,
    [made.connectorId],
  );
  expect(row).toEqual({ delivery: "SFTP", sftpFolder: "/out", movesFinishedFiles: true });
  valueOf(await made.remove());
});

test("one drop has one connector", async () => {
  const made = await connector("First");
  const other = await world.admin();
  const draft = await world.services.wizard.openDraft(other);
  const accepted = valueOf(await world.services.wizard.acceptTerms(other, draft.version));
  const refused = await world.services.wizard.signIn(other, accepted.version, typed, never);
  expect(messageOf(refused)).toContain('"First"');
  valueOf(await made.remove());
});

test("an edit that types no secret signs in to nobody, and keeps what is sealed", async () => {
  const made = await connector("Edited");
  const tried = world.source.tried.length;
  valueOf(await made.edit({ movesFinishedFiles: false }));
  expect((await made.detail()).sftp?.movesFinishedFiles).toBe(false);
  expect(world.source.tried.length).toBe(tried);
  valueOf(await made.remove());
});

test("whether files are moved on the server stands in the audit, and a refusal of before is forgotten", async () => {
  const made = await connector("Moving");
  await world.database.query(`UPDATE "Connector" SET "movesRefusedAt" = now() WHERE "id" = $1`, [
    made.connectorId,
  ]);
  valueOf(await made.edit({ movesFinishedFiles: false }));
  expect((await made.detail()).movesRefusedAt).toBeNull();
  const rows = await world.database.query<{ action: string; details: string }>(
    `SELECT "action", "details" FROM "AuditEvent" WHERE "subject" = $1
       AND "action" IN ('connector.created', 'connector.edited') ORDER BY "sequence"`,
    [`connector:${made.connectorId}`],
  );
  expect(rows.map(({ details }) => JSON.parse(details) as unknown)).toMatchObject([
    { delivery: "SFTP", movesFinishedFiles: true },
    { changed: { movesFinishedFiles: { from: true, to: false } } },
  ]);
  valueOf(await made.remove());
});

test("a changed key stops the connector until the new one is confirmed", async () => {
  const made = await connector("Renewed");
  await world.database.query(
    `UPDATE "Connector" SET "state" = 'NEEDS_ATTENTION', "attentionCode" = 'SourceHostKeyChanged',
       "attentionAt" = now() WHERE "id" = $1`,
    [made.connectorId],
  );
  expect((await made.detail()).status).toMatchObject({
    connection: "Action required",
    advice: expect.stringContaining("no longer shows the host key"),
  });
  valueOf(await made.edit({ hostKey: otherKey }));
  expect(world.source.tried.at(-1)).toMatchObject({ hostKey: otherKey, password: "secret" });
  const mended = await made.detail();
  expect(mended.sftp?.hostKey).toBe(otherKey);
  expect(mended.state).toBe("active");
  valueOf(await made.remove());
});

test("a new password is tried before it replaces the old one", async () => {
  const made = await connector("New password");
  expect(messageOf(await made.edit({ password: "wrong" }))).toContain("refused");
  world.source.accounts.set("drop", { password: "newer", account });
  valueOf(await made.edit({ password: "newer" }));
  valueOf(await made.edit({ hostKey: otherKey }));
  expect(world.source.tried.at(-1)).toMatchObject({ password: "newer" });
  valueOf(await made.remove());
});

test("what is no failure of the source is nobody's refusal", async () => {
  await atSignIn();
  world.source.failWith = "Unexpected";
  await expect(signIn({ username: "unexpected" })).rejects.toThrow(SyncError);
});
