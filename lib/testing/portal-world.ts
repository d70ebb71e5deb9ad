/** The portal's services on a database of their own, with stand-ins for everything outside. */
import { createHash } from "node:crypto";
import type { Actor } from "@/lib/core/access";
import type { MappingFileView } from "@/lib/core/mapping-view";
import type { ActionResult } from "@/lib/core/view";
import type { DraftView } from "@/lib/core/wizard-view";
import { createDatabase } from "@/lib/adapters/postgres/client";
import { createPortalStore } from "@/lib/adapters/postgres/portal";
import { createPortalServices } from "@/lib/wiring-portal";
import { createTestSchema } from "./database";
import {
  fakeActor,
  fakeClock,
  fakeConsent,
  fakeDirectory,
  fakeHostKey,
  fakeNotes,
  fakeQueue,
  fakeSecretBox,
  fakeSource,
  freshId,
  freshSecret,
  silentLog,
} from "./fakes";

export type PortalWorld = Awaited<ReturnType<typeof createPortalWorld>>;

export const never = new AbortController().signal;

export async function createPortalWorld(tenantId: string = freshId()) {
  const schema = await createTestSchema();
  const database = createDatabase({ connectionString: schema.url, max: 8 });
  const portalStore = createPortalStore(database);
  const outside = {
    clock: fakeClock(),
    source: fakeSource(),
    directory: fakeDirectory(),
    consentProvider: fakeConsent(),
    queue: fakeQueue(),
    staging: fakeNotes(),
  };
  const resolved: { connectorId: string; mappingFileId: string | null }[] = [];
  const begun = { anew: 0 };
  const services = createPortalServices({
    ...outside,
    ...{ portalStore, tenantId, log: silentLog, secretBox: fakeSecretBox },
    readHostKey: async () => fakeHostKey,
    ...{ newId: freshId, newSecret: freshSecret, retentionDays: 30, hasAlarmWebhook: true },
    async resolveUnmapped(connectorId, { mappingFileId }) {
      resolved.push({ connectorId, mappingFileId });
      return 0;
    },
    async resolveAnew() {
      begun.anew += 1;
    },
  });

  const world = {
    ...outside,
    ...{ services, database, store: portalStore, tenantId, resolved, begun },
    /** An administrator who has signed in to the portal. */
    async admin(more: Partial<Actor> = {}): Promise<Actor> {
      const actor = fakeActor(tenantId, more);
      await services.session.signedIn(actor);
      return actor;
    },
    async upload(
      actor: Actor,
      text: string,
      more: { connectorId?: string; sha256?: string; sizeBytes?: number } = {},
    ): Promise<ActionResult<MappingFileView>> {
      const bytes = Buffer.from(text);
      const input = {
        connectorId: more.connectorId ?? null,
        fileName: "mapping.csv",
        sizeBytes: more.sizeBytes ?? bytes.length,
        sha256: more.sha256 ?? createHash("sha256").update(bytes).digest("hex"),
        defaultCountry: null,
      };
      return services.mappings.upload(actor, input, chunksOf(bytes), never);
    },
    /** The wizard up to the step Review. */
    async reachReview(actor: Actor, username = "archive@contoso.com"): Promise<DraftView> {
      const { wizard } = services;
      outside.consentProvider.isGranted = true;
      const opened = await wizard.openDraft(actor);
      const accepted = valueOf(await wizard.acceptTerms(actor, opened.version));
      const credential = { username, password: "secret" };
      const signedIn = valueOf(await wizard.signIn(actor, accepted.version, credential, never));
      const mapping = { automaticMapping: true, mappingFileId: null, leavesBadLinesOut: false };
      const mapped = valueOf(await wizard.saveMapping(actor, signedIn.version, mapping));
      return valueOf(await wizard.confirmConsent(actor, mapped.version, never));
    },
    /** A connector through the whole wizard. */
    async finish(actor: Actor, name = "WhatsApp Archiver", username?: string): Promise<string> {
      const draft = await world.reachReview(actor, username);
      const answers = { name, timeOfDay: "02:00", zone: "Europe/Berlin" };
      return valueOf(await services.wizard.finish(actor, draft.version, answers)).connectorId;
    },
    async close(): Promise<void> {
      await database.close();
      await schema.drop();
    },
  };
  return world;
}

export function valueOf<T>(result: ActionResult<T>): T {
  if (!result.ok) throw new Error(`Refused: ${result.message}`);
  return result.value;
}

export function messageOf(result: ActionResult<unknown>): string {
  if (result.ok) throw new Error("Not refused");
  return result.message;
}

export async function* chunksOf(bytes: Uint8Array, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
