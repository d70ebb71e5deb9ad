import { afterAll, beforeAll, expect, test } from "vitest";
import {
  createPortalWorld,
  messageOf,
  never,
  type PortalWorld,
  valueOf,
} from "@/lib/testing/portal-world";

let world: PortalWorld;
beforeAll(async () => {
  world = await createPortalWorld();
});
afterAll(() => world.close());

const automatic = { automaticMapping: true, mappingFileId: null, leavesBadLinesOut: false };
const review = { name: "Archive", timeOfDay: "02:00", zone: "Europe/Berlin" };

async function accepted(more: { name?: string } = {}) {
  const actor = await world.admin(more);
  const opened = await world.services.wizard.openDraft(actor);
  const draft = valueOf(await world.services.wizard.acceptTerms(actor, opened.version));
  return { actor, draft };
}

test("an administrator has one open draft, however often the wizard is opened", async () => {
  const actor = await world.admin();
  const drafts = await Promise.all([1, 2, 3].map(() => world.services.wizard.openDraft(actor)));
  expect(new Set(drafts.map(({ id }) => id)).size).toBe(1);
  expect(drafts[0]?.openSteps).toEqual(["terms"]);
});

test("a step that is not open yet cannot be answered", async () => {
  const actor = await world.admin();
  const { version } = await world.services.wizard.openDraft(actor);
  const result = await world.services.wizard.saveMapping(actor, version, automatic);
  expect(messageOf(result)).toBe('Complete the step "Terms of service" first.');
});

test("an older tab is told what changed", async () => {
  const { actor, draft } = await accepted();
  const result = await world.services.wizard.acceptTerms(actor, draft.version - 1);
  expect(messageOf(result)).toContain("Changed elsewhere meanwhile: the terms of service.");
});

test("nothing is stored when TeleMessage refuses the password", async () => {
  const { actor, draft } = await accepted();
  const wrong = { username: "archive@contoso.com", password: "wrong" };
  const result = await world.services.wizard.signIn(actor, draft.version, wrong, never);
  expect(messageOf(result)).toBe(
    "TeleMessage refused the username or password. Check both and try again.",
  );
  expect((await world.services.wizard.findDraft(actor))?.source).toBeNull();
  await world.store.signIns.forget(world.tenantId, await digestOf("archive@contoso.com"));
});

test.each([
  ["SourceAccountLocked", "locked"],
  ["SourceNoArchiveAccess", "may not read the archive"],
  ["SourceUnavailable", "did not answer"],
  ["SourceThrottled", "slow down"],
] as const)("sign-in has a sentence for %s", async (code, words) => {
  const { actor, draft } = await accepted();
  world.source.failWith = code;
  const credential = { username: `${code}@contoso.com`, password: "secret" };
  const result = await world.services.wizard.signIn(actor, draft.version, credential, never);
  world.source.failWith = null;
  expect(messageOf(result)).toContain(words);
});

test("after five failures in 15 minutes nobody tries the account, and the page says until when", async () => {
  const { actor, draft } = await accepted();
  const wrong = { username: "locked-out@contoso.com", password: "wrong" };
  const before = world.source.tried.length;
  await Promise.all(
    [1, 2, 3, 4, 5, 6, 7].map(() =>
      world.services.wizard.signIn(actor, draft.version, wrong, never),
    ),
  );
  expect(world.source.tried.length - before).toBe(5);
  const other = await accepted({ name: "Bea" });
  const result = await world.services.wizard.signIn(
    other.actor,
    other.draft.version,
    { ...wrong, username: "LOCKED-OUT@contoso.com" },
    never,
  );
  expect(messageOf(result)).toContain("Sign in again after 2026-11-20 10:15 UTC.");
  world.clock.advance(15 * 60_000);
  const again = await world.services.wizard.signIn(actor, draft.version, wrong, never);
  expect(messageOf(again)).toContain("refused the username or password");
});

test("somebody who tries many accounts has to wait, too", async () => {
  const { actor, draft } = await accepted();
  for (const letter of ["a", "b", "c", "d", "e"]) {
    const credential = { username: `${letter}@contoso.com`, password: "wrong" };
    await world.services.wizard.signIn(actor, draft.version, credential, never);
  }
  const last = { username: "f@contoso.com", password: "wrong" };
  const result = await world.services.wizard.signIn(actor, draft.version, last, never);
  expect(messageOf(result)).toContain("five failed sign-ins");
});

test("the password is sealed under its own row and another sign-in replaces it", async () => {
  const { actor, draft } = await accepted();
  const credential = { username: "archive@contoso.com", password: "secret" };
  const once = valueOf(await world.services.wizard.signIn(actor, draft.version, credential, never));
  const twice = valueOf(await world.services.wizard.signIn(actor, once.version, credential, never));
  const rows = await world.database.query<{ id: string; ciphertext: Buffer }>(
    `SELECT k.* FROM "Credential" k JOIN "ConnectorDraft" d ON d."credentialId" = k."id" WHERE d."id" = $1`,
    [twice.id],
  );
  const [context, password] = JSON.parse(String(rows[0]?.ciphertext));
  expect(context).toBe(`credential:${world.tenantId}:${rows[0]?.id}`);
  expect(password).toBe("secret");
  expect(JSON.stringify(twice)).not.toContain("secret");
  const all = await world.database.query(`SELECT 1 FROM "Credential"`);
  const used = await world.database.query(
    `SELECT 1 FROM "ConnectorDraft" WHERE "credentialId" IS NOT NULL`,
  );
  expect(all.length).toBe(used.length);
});

test("another account signed in later asks for the mapping again, and for nothing else", async () => {
  const actor = await world.admin();
  const reviewed = await world.reachReview(actor);
  const other = { username: "other@contoso.com", password: "secret" };
  const draft = valueOf(await world.services.wizard.signIn(actor, reviewed.version, other, never));
  expect(draft.firstOpenStep).toBe("user-mapping");
  const again = { username: "other@contoso.com", password: "secret" };
  const same = valueOf(await world.services.wizard.signIn(actor, draft.version, again, never));
  expect(same.source?.accountId).toBe("acc-2");
  const mapped = valueOf(await world.services.wizard.saveMapping(actor, same.version, automatic));
  expect(mapped.firstOpenStep).toBe("review");
});

test("the same account signed in again asks for nothing again", async () => {
  const actor = await world.admin();
  const reviewed = await world.reachReview(actor);
  const same = { username: "archive@contoso.com", password: "secret" };
  const draft = valueOf(await world.services.wizard.signIn(actor, reviewed.version, same, never));
  expect(draft.firstOpenStep).toBe("review");
});

test("terms that were renewed are asked again, and nothing else", async () => {
  const actor = await world.admin();
  const { id } = await world.reachReview(actor);
  await world.database.query(
    `UPDATE "ConnectorDraft" SET "termsVersion" = 'before' WHERE "id" = $1`,
    [id],
  );
  const draft = await world.services.wizard.openDraft(actor);
  expect(draft.openSteps).toEqual(["terms"]);
  const accepted = valueOf(await world.services.wizard.acceptTerms(actor, draft.version));
  expect(accepted.firstOpenStep).toBe("review");
});

test("one way of mapping is needed", async () => {
  const actor = await world.admin();
  const draft = await world.reachReview(actor);
  const neither = { ...automatic, automaticMapping: false };
  const result = await world.services.wizard.saveMapping(actor, draft.version, neither);
  expect(messageOf(result)).toBe("Enable automatic user mapping or upload a mapping file.");
});

test("the consent step goes on only when a fresh token proves the grant", async () => {
  const actor = await world.admin();
  const draft = await world.reachReview(actor);
  world.consentProvider.isGranted = false;
  const result = await world.services.wizard.confirmConsent(actor, draft.version, never);
  expect(messageOf(result)).toContain("has not been granted yet");
  world.consentProvider.isGranted = true;
});

test("Finish twice at once makes one connector with one run over the previous 24 hours", async () => {
  const actor = await world.admin();
  const draft = await world.reachReview(actor);
  const results = await Promise.all(
    [1, 2, 3].map(() => world.services.wizard.finish(actor, draft.version, review)),
  );
  const ids = new Set(results.map((result) => valueOf(result).connectorId));
  expect(ids.size).toBe(1);
  const [connectorId = ""] = ids;
  const any = { kind: null, state: null };
  const runs = await world.services.connectors.runs(actor, connectorId, any, null);
  const now = world.clock.now().getTime();
  expect(runs.rows).toHaveLength(1);
  expect(runs.rows[0]?.kind).toBe("scheduled");
  expect(Date.parse(runs.rows[0]?.windowEnd ?? "")).toBe(now - 5 * 60_000);
  expect(world.queue.runs).toEqual([runs.rows[0]?.id]);
  const again = await world.services.wizard.finish(actor, draft.version, review);
  expect(valueOf(again).connectorId).toBe(connectorId);
});

test("an account that a live connector uses is refused at sign-in", async () => {
  const { actor, draft } = await accepted();
  const credential = { username: "archive@contoso.com", password: "secret" };
  const result = await world.services.wizard.signIn(actor, draft.version, credential, never);
  expect(messageOf(result)).toContain('The connector "Archive" archives this TeleMessage account');
});

test("a name that is taken is refused in its field, and nothing typed is lost", async () => {
  const actor = await world.admin();
  const draft = await world.reachReview(actor, "other@contoso.com");
  const taken = { ...review, name: "  archive ", timeOfDay: "04:30" };
  const result = await world.services.wizard.finish(actor, draft.version, taken);
  expect(result).toMatchObject({ ok: false, fields: { name: expect.stringContaining("archive") } });
  const kept = await world.services.wizard.findDraft(actor);
  expect(kept).toMatchObject({ name: "archive", timeOfDay: "04:30", version: draft.version });
  await world.services.wizard.discard(actor);
  expect(await world.services.wizard.findDraft(actor)).toBeNull();
});

test("somebody without the role changes nothing and is told which one is missing", async () => {
  const actor = await world.admin({ roles: ["Connector.Auditor"] });
  const result = await world.services.wizard.acceptTerms(actor, 1);
  expect(messageOf(result)).toContain("Connector.Admin");
  await expect(world.services.wizard.openDraft(actor)).rejects.toThrow("Connector.Admin");
});

test("every step left its event in an unbroken chain", async () => {
  const actor = await world.admin();
  const report = await world.services.audit.verify(actor);
  expect(report.ok).toBe(true);
});

async function digestOf(username: string): Promise<string> {
  const { sha256Hex } = await import("@/lib/core/keys");
  return sha256Hex(username);
}
