/** What people do meanwhile, through the portal's own services: pausing, mending, mapping, syncing. */
import { createHash } from "node:crypto";
import { v7 as uuid } from "uuid";
import type { Actor } from "@/lib/core/access";
import type { History } from "./history";
import { type Installation, tenantId } from "./installation";
import { mappingLines } from "./people";
import type { Plan } from "./plan";
import type { Deed } from "./storm";

export type Administrator = {
  readonly begin: (deed: Deed) => Promise<boolean>;
  /** Sets right what a deed has left open; false when it was refused. */
  readonly mend: (deed: Deed) => Promise<boolean>;
  readonly syncNow: () => Promise<boolean>;
  /** Retries what ended by design after too many blows to the one item; says how many there were. */
  readonly retryRefused: () => Promise<number>;
  /** True when the audit chain is what it was. */
  readonly verifyAudit: () => Promise<string | null>;
};

/** Five refusals and three writes end an item; a storm may deal one so many. */
const endsByDesign = ["ItemRefused", "AttachmentsNotWritten"];

const patience = () => AbortSignal.timeout(20_000);

export function createAdministrator(
  { portal, control, connectorId, consent, ledger }: Installation,
  plan: Plan,
  history: History,
): Administrator {
  const actor: Actor = {
    ...{ tenantId, id: uuid(), name: "Ada Admin", upn: "ada@contoso.com" },
    roles: ["Connector.Admin", "Connector.Auditor", "GlobalAdministrator"],
  };
  let password = plan.password;
  let isMapped = false;

  const deeds: Readonly<Record<Deed["kind"], (deed: Deed) => Promise<unknown>>> = {
    pause: () => portal.connectors.pause(actor, connectorId),
    revokeConsent: () => control("DELETE", "/consent"),
    changePassword: () => {
      password = `${plan.password}-new`;
      return control("PATCH", "/telemessage", { password });
    },
    fillMailbox: (deed) =>
      deed.kind === "fillMailbox"
        ? control("PATCH", `/people/${deed.upn}`, { mailbox: deed.state })
        : Promise.resolve(),
    uploadMapping,
    backfill: () => {
      const day = new Date(Date.now() - 24 * 60 * 60_000).toISOString().slice(0, 10);
      return portal.connectors.backfill(actor, connectorId, { from: day, to: day });
    },
    async retry() {
      const [run] = await ledger.rows<{ id: string }>(
        `SELECT "id" FROM "SyncRun" WHERE "failed" > 0 OR "partiallyImported" > 0 ORDER BY "id" LIMIT 1`,
      );
      const all = { deliveryIds: null, code: null, mailboxId: null };
      if (run === undefined) return null;
      return portal.connectors.retry(actor, connectorId, { ...all, runId: run.id });
    },
  };
  const mendings: Readonly<Record<Deed["kind"], (deed: Deed) => Promise<unknown>>> = {
    pause: () => portal.connectors.resume(actor, connectorId),
    revokeConsent: grantAgain,
    changePassword: () => edit({ password }),
    fillMailbox: (deed) =>
      deed.kind === "fillMailbox"
        ? control("PATCH", `/people/${deed.upn}`, { mailbox: "ok" })
        : Promise.resolve(),
    uploadMapping: () => (isMapped ? Promise.resolve() : uploadMapping()),
    backfill: () => Promise.resolve(),
    retry: () => Promise.resolve(),
  };

  async function uploadMapping(): Promise<unknown> {
    const lines = mappingLines(plan.cast, true).map(({ mobile, upn }) => `${mobile},${upn}\n`);
    const bytes = Buffer.from(`Mobile,Email\n${lines.join("")}`);
    const uploaded = await portal.mappings.upload(
      actor,
      {
        ...{ connectorId, fileName: "mapping.csv", sizeBytes: bytes.length, defaultCountry: null },
        sha256: createHash("sha256").update(bytes).digest("hex"),
      },
      (async function* () {
        yield bytes;
      })(),
      patience(),
    );
    if (!uploaded.ok) return uploaded;
    const applied = await edit({ mappingFileId: uploaded.value.id });
    isMapped = applied.ok;
    return applied;
  }

  async function edit(change: {
    readonly password?: string;
    readonly mappingFileId?: string;
  }): ReturnType<typeof portal.connectors.edit> {
    const [connector] = await ledger.rows<{ version: number; mappingFileId: string }>(
      `SELECT "version", "mappingFileId" FROM "Connector" WHERE "id" = $1`,
      [connectorId],
    );
    return portal.connectors.edit(
      ...([actor, connectorId, connector?.version ?? 0] as const),
      {
        ...{ name: "Chaos", timeOfDay: plan.connector.timeOfDay, zone: "UTC" },
        ...{ username: "archive@contoso.com", password: "", automaticMapping: true },
        ...{ sizeLimit: String(plan.form.sizeLimitMib), largeAttachments: true },
        mappingFileId: connector?.mappingFileId ?? null,
        leavesBadLinesOut: true,
        ...change,
      },
      patience(),
    );
  }

  async function grantAgain(): Promise<unknown> {
    await consent();
    const sessionSecret = uuid();
    const { url } = await portal.consent.begin(actor, { connectorId, sessionSecret });
    const state = new URL(url).searchParams.get("state");
    const answer = { state, tenant: tenantId, error: null, errorDescription: null };
    return (await portal.consent.complete(answer, sessionSecret, patience())).result;
  }

  /** What a person does who is told "try again": until it is done. */
  async function insist(what: string, act: () => Promise<unknown>): Promise<boolean> {
    for (let tries = 1; ; tries += 1) {
      try {
        const answer = await act();
        const isRefused = typeof answer === "object" && answer !== null && "ok" in answer;
        history.note("administrator", { what, tries, answer: isRefused ? answer : "done" });
        const isDone = !isRefused || answer.ok === true;
        if (isDone || tries >= 4) return isDone;
      } catch (thrown) {
        history.note("administrator", { what, tries, thrown: String(thrown) });
        if (tries >= 20) throw thrown;
      }
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
  }

  return {
    begin: (deed) => insist(deed.kind, () => deeds[deed.kind](deed)),
    mend: (deed) => insist(`mend ${deed.kind}`, () => mendings[deed.kind](deed)),
    async syncNow() {
      const answer = await portal.connectors.syncNow(actor, connectorId).catch(() => null);
      history.note("administrator", { what: "syncNow", answer });
      return answer?.ok === true;
    },
    async retryRefused() {
      let items = 0;
      for (const code of endsByDesign) {
        const all = { runId: null, deliveryIds: null, mailboxId: null };
        const answer = await portal.connectors.retry(actor, connectorId, { ...all, code });
        if (answer.ok) items += answer.value.items;
      }
      if (items > 0) history.note("administrator", { what: "retryRefused", items });
      return items;
    },
    async verifyAudit() {
      const report = await portal.audit.verify(actor);
      return report.ok ? null : `event ${report.sequence}: ${report.reason}`;
    },
  };
}
