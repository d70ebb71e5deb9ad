import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Actor } from "@/lib/core/access";
import { freshSecret } from "@/lib/testing/fakes";
import { createPortalWorld, messageOf, never, type PortalWorld } from "@/lib/testing/portal-world";

let world: PortalWorld;
let actor: Actor;
let session: string;
beforeAll(async () => {
  world = await createPortalWorld();
});
beforeEach(async () => {
  actor = await world.admin();
  session = freshSecret();
  world.consentProvider.isGranted = true;
});
afterAll(() => world.close());

const stateOf = (url: string) => new URL(url).searchParams.get("state");

async function begun(connectorId: string | null = null) {
  const input = { connectorId, sessionSecret: session };
  return stateOf((await world.services.consent.begin(actor, input)).url);
}

function answer(
  state: string | null,
  more: { tenant?: string | null; error?: string; errorDescription?: string } = {},
) {
  return {
    state,
    tenant: more.tenant === undefined ? world.tenantId : more.tenant,
    error: more.error ?? null,
    errorDescription: more.errorDescription ?? null,
  };
}

const complete = (query: ReturnType<typeof answer>, secret: string | null = session) =>
  world.services.consent.complete(query, secret, never);

test("a proven grant is noted in the draft of whoever asked", async () => {
  await world.services.wizard.openDraft(actor);
  const done = await complete(answer(await begun()));
  expect(done).toEqual({ kind: "own", connectorId: null, result: { ok: true, value: null } });
  const draft = await world.services.wizard.findDraft(actor);
  expect(draft?.consentVerifiedAt).toBe(world.clock.now().toISOString());
});

test("of parallel answers with one state exactly one counts", async () => {
  const state = await begun();
  const all = await Promise.all([1, 2, 3, 4, 5].map(() => complete(answer(state))));
  expect(all.filter(({ result }) => result.ok)).toHaveLength(1);
  const refused = all.find(({ result }) => !result.ok);
  expect(messageOf(refused?.result ?? { ok: true, value: null })).toContain("used already");
});

test("an answer in another browser session is refused, and the right one may still come", async () => {
  const state = await begun();
  const stranger = await complete(answer(state), freshSecret());
  expect(messageOf(stranger.result)).toContain("another browser session");
  const nobody = await complete(answer(state), null);
  expect(nobody.result.ok).toBe(false);
  expect((await complete(answer(state))).result.ok).toBe(true);
});

test("an own request is over after 15 minutes", async () => {
  const state = await begun();
  world.clock.advance(15 * 60_000 + 1);
  const late = await complete(answer(state));
  expect(messageOf(late.result)).toContain("older than 15 minutes");
});

test.each([
  ["a state nobody made", "x".repeat(43)],
  ["no state at all", null],
])("%s belongs to no request", async (_name, state) => {
  const { kind, result } = await complete(answer(state));
  expect(kind).toBe("unknown");
  expect(messageOf(result)).toContain("belongs to no request");
});

test.each([
  [
    "declined, although admin_consent=True stands beside it",
    { error: "access_denied", errorDescription: "AADSTS65004: User declined" },
    "was declined",
  ],
  [
    "not an administrator",
    { error: "access_denied", errorDescription: "AADSTS90094: admin needed" },
    "Only a Global Administrator",
  ],
  ["another error", { error: "server_error", errorDescription: "AADSTS90033: x" }, "AADSTS90033"],
  ["another tenant", { tenant: "00000000-0000-4000-8000-000000000009" }, "another organization"],
  ["no tenant", { tenant: null }, "another organization"],
])("refused in clear words: %s", async (_name, more, words) => {
  const { result } = await complete(answer(await begun(), more));
  expect(messageOf(result)).toContain(words);
});

test("only a fresh token counts as proof", async () => {
  world.consentProvider.isGranted = false;
  const { result } = await complete(answer(await begun()));
  expect(messageOf(result)).toContain("does not carry it yet");
  world.consentProvider.failWith = "TokenThrottled";
  const away = await complete(answer(await begun()));
  expect(messageOf(away.result)).toContain("could not be asked for the proof");
  world.consentProvider.failWith = null;
});

test("a handed-over link shows who asks for what, needs no session and is good once", async () => {
  const link = await world.services.consent.handOver(actor, null);
  const shown = await world.services.consent.handedOver(link.secret);
  expect(shown).toMatchObject({
    tenantId: world.tenantId,
    connectorName: "WhatsApp Archiver",
    requestedBy: "Ada Admin",
    permissions: ["Mail.ReadWrite", "User.Read.All"],
  });
  const state = stateOf((await world.services.consent.followHandedOver(link.secret))?.url ?? "");
  const first = await complete(answer(state), null);
  expect(first).toMatchObject({ kind: "handedOver", result: { ok: true } });
  expect(await world.services.consent.handedOver(link.secret)).toBeNull();
  expect((await complete(answer(state), null)).result.ok).toBe(false);
});

test("a handed-over link can be withdrawn, and is over after 7 days", async () => {
  const withdrawn = await world.services.consent.handOver(actor, null);
  const late = await world.services.consent.handOver(actor, null);
  const { handedOver } = await world.services.consent.view(actor, never);
  expect(handedOver.map(({ id }) => id)).toEqual(expect.arrayContaining([withdrawn.id, late.id]));
  await world.services.consent.revoke(actor, withdrawn.id);
  expect(await world.services.consent.followHandedOver(withdrawn.secret)).toBeNull();
  const answered = await complete(answer(withdrawn.secret), null);
  expect(messageOf(answered.result)).toContain("withdrawn");
  world.clock.advance(7 * 24 * 60 * 60_000);
  expect(await world.services.consent.handedOver(late.secret)).toBeNull();
  expect(messageOf((await complete(answer(late.secret), null)).result)).toContain("7 days");
});

test("only digests of secrets are stored", async () => {
  const link = await world.services.consent.handOver(actor, null);
  const state = (await begun()) ?? "";
  const rows = JSON.stringify(await world.database.query(`SELECT * FROM "Consent"`));
  for (const secret of [link.secret, state, session]) expect(rows).not.toContain(secret);
});

test.each([
  ["ConsentRevoked", "archive@contoso.com"],
  ["AppSecretRefused", "other@contoso.com"],
])(
  "connectors that stand still for %s go on by themselves once a token was given",
  async (code, username) => {
    const connectorId = await world.finish(actor, code, username);
    await world.database.query(
      `UPDATE "Connector" SET "state" = 'NEEDS_ATTENTION', "attentionCode" = $1 WHERE "id" = $2`,
      [code, connectorId],
    );
    await world.database.query(`UPDATE "SyncRun" SET "notBefore" = now() + interval '1 hour'`);
    world.queue.runs.length = 0;
    const done = await complete(answer(await begun(connectorId)));
    expect(done).toMatchObject({ connectorId, result: { ok: true } });
    const detail = await world.services.connectors.detail(actor, connectorId);
    expect(detail).toMatchObject({ state: "active", status: { attentionCode: null } });
    expect(detail?.runs[0]?.notBefore).toBeNull();
    expect(world.queue.runs).toHaveLength(1);
    const { rows } = await world.services.audit.list(actor, { connectorId }, null);
    expect(rows.find(({ action }) => action === "connector.mended")).toMatchObject({
      details: { code },
    });
  },
);

test("asking for consent takes a role that may", async () => {
  const auditor = await world.admin({ roles: ["Connector.Auditor"] });
  await expect(world.services.consent.handOver(auditor, null)).rejects.toThrow("admin consent");
});
