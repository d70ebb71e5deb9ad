/** The control plane and the sync engine together, against the simulator over HTTP. */
import { randomBytes } from "node:crypto";
import { createHash } from "node:crypto";
import { v7 as uuid } from "uuid";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Actor } from "@/lib/core/access";
import { alice, bob, chat, stranger, world } from "@/lib/testing/records";
import { grantConsent } from "@/lib/testing/simulated-consent";
import { createSyncWorld, type SyncWorld, tenantId } from "@/lib/testing/sync-world";
import { messageOf, valueOf } from "@/lib/testing/portal-world";
import { createPortalServices } from "@/lib/wiring-portal";
import type { PortalServices } from "./portal";
import { healUserMapping } from "./sync/heal";
import { workThroughChanges } from "./sync/mapping-change";

let open: SyncWorld;
let services: PortalServices;
const never = new AbortController().signal;
const actor: Actor = {
  ...{ tenantId, id: uuid(), name: "Ada", upn: "admin@contoso.com" },
  roles: ["Connector.Admin"],
};
const hoursAgo = (hours: number) => new Date(Date.now() - hours * 3_600_000);
const unknownOwner = { ...stranger, mobile: "4915100000000" };

beforeAll(async () => {
  open = await createSyncWorld(
    world(
      [alice, bob],
      [
        chat({ id: "m1", receivedAt: hoursAgo(2), to: [bob] }),
        chat({ id: "m2", receivedAt: hoursAgo(3), owner: unknownOwner, to: [bob] }),
      ],
    ),
  );
  services = createPortalServices({
    ...open.outside,
    ...{ tenantId, queue: open.parts.queue, staging: open.parts.staging, retentionDays: 30 },
    hasAlarmWebhook: false,
    resolveUnmapped: (connectorId, rules) => healUserMapping(open.parts, connectorId, rules),
    resolveAnew: () => workThroughChanges(open.parts, never),
  });
  await services.session.signedIn(actor);
});
afterAll(() => open.close());

const credential = { username: "archive@contoso.com", password: "secret" };

test("the whole way: wizard, first run, a mended mapping, a changed password", async () => {
  const { wizard, mappings, consent, connectors } = services;
  const draft = await wizard.openDraft(actor);
  const accepted = valueOf(await wizard.acceptTerms(actor, draft.version));

  const wrong = { ...credential, password: "wrong" };
  expect(messageOf(await wizard.signIn(actor, accepted.version, wrong, never))).toContain(
    "refused the username or password",
  );
  const signedIn = valueOf(await wizard.signIn(actor, accepted.version, credential, never));
  const answers = { automaticMapping: true, mappingFileId: null, leavesBadLinesOut: false };
  const mapped = valueOf(await wizard.saveMapping(actor, signedIn.version, answers));

  await open.control("DELETE", "/consent");
  expect(messageOf(await wizard.confirmConsent(actor, mapped.version, never))).toContain(
    "has not been granted yet",
  );
  const sessionSecret = randomBytes(32).toString("hex");
  const { url } = await consent.begin(actor, { connectorId: null, sessionSecret });
  const state = new URL(url).searchParams.get("state");
  await grantConsent(open.config.entraBaseUrl, {
    ...{ tenantId, clientId: open.config.client.id, upn: "admin@contoso.com" },
  });
  const query = { state, tenant: tenantId, error: null, errorDescription: null };
  const back = await consent.complete(query, sessionSecret, never);
  expect(back).toMatchObject({ kind: "own", result: { ok: true } });
  const reviewed = valueOf(await wizard.confirmConsent(actor, mapped.version, never));

  const review = { name: "WhatsApp Archiver", timeOfDay: "02:00", zone: "Europe/Berlin" };
  const { connectorId } = valueOf(await wizard.finish(actor, reviewed.version, review));
  await open.drain();
  const first = await connectors.detail(actor, connectorId);
  expect(first?.runs[0]).toMatchObject({
    state: "partial",
    counters: { availableFromSource: 2, imported: 3, failed: 1, open: 0 },
  });
  expect(first).toMatchObject({ unmappedItems: { count: 1 }, status: { connection: "Connected" } });

  const csv = Buffer.from(`ExternalUserId,O365UserMailbox\n4915100000000,${alice.upn}\n`);
  const upload = {
    ...{ connectorId, fileName: "m.csv", sizeBytes: csv.length, defaultCountry: null },
    sha256: createHash("sha256").update(csv).digest("hex"),
  };
  async function* bytes() {
    yield csv;
  }
  const file = valueOf(await mappings.upload(actor, upload, bytes(), never));
  const input = {
    ...{ name: review.name, timeOfDay: "02:00", zone: review.zone, username: credential.username },
    ...{ password: "", automaticMapping: true, mappingFileId: file.id, leavesBadLinesOut: false },
    ...{ sizeLimit: "10", largeAttachments: true },
  };
  valueOf(await connectors.edit(actor, connectorId, first?.version ?? 0, input, never));
  await open.drain();
  const mended = await connectors.detail(actor, connectorId);
  expect(mended?.runs[0]).toMatchObject({ state: "succeeded", counters: { imported: 4 } });
  expect(mended?.unmappedItems.count).toBe(0);

  await open.control("PATCH", "/telemessage", { password: "changed" });
  await open.sql.query(`UPDATE "Connector" SET "watermark" = "watermark" - interval '1 hour'`);
  valueOf(await connectors.syncNow(actor, connectorId));
  await open.drain();
  const stopped = await connectors.detail(actor, connectorId);
  expect(stopped).toMatchObject({
    state: "needsAttention",
    status: { connection: "Authentication failed" },
  });
  const version = stopped?.version ?? 0;
  const repair = { ...input, password: "changed" };
  valueOf(await connectors.edit(actor, connectorId, version, repair, never));
  await open.drain();
  const repaired = await connectors.detail(actor, connectorId);
  expect(repaired).toMatchObject({ state: "active", status: { connection: "Connected" } });
  expect(repaired?.runs[0]).toMatchObject({ kind: "manual", state: "succeeded" });

  valueOf(await connectors.remove(actor, connectorId, review.name));
  const report = await services.audit.verify(actor);
  expect(report.ok).toBe(true);
});
