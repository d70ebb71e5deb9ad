/** What people do meanwhile, through the portal's own services: pausing, mending, mapping, syncing. */
import { v7 as uuid } from "uuid";
import type { Actor } from "@/lib/core/access";
import type { Deed } from "./deeds";
import type { DropServer } from "./drop-server";
import type { History } from "./history";
import { type Installation, tenantId } from "./installation";
import { uploadMapping } from "./mapping";
import { leaver, type MappingState } from "./people";
import { oldestHeld, type Plan } from "./plan";
import { createRepairs } from "./repairs";
import { makeSuccessor } from "./successor";
import { recordsThatCome } from "./world";

export type Administrator = {
  readonly begin: (deed: Deed) => Promise<boolean>;
  /** Sets right what a deed has left open; false when it was refused. */
  readonly mend: (deed: Deed) => Promise<boolean>;
  readonly syncNow: () => Promise<boolean>;
  /** What is older than a successor's first window, as soon as nothing else is being read. */
  readonly catchUp: () => Promise<void>;
  /** Reads everything again from a day on. */
  readonly backfill: (since: Date) => Promise<boolean>;
  /** Retries what ended by design, or by a cancel; says how many there were. */
  readonly retryRefused: () => Promise<number>;
  readonly acknowledgeGaps: () => Promise<boolean>;
  /** True when the audit chain is what it was. */
  readonly verifyAudit: () => Promise<string | null>;
};

/** Five refusals and three writes end an item, and a storm may deal one so many; what was cancelled is wanted after all. */
const toRetry = ["ItemRefused", "AttachmentsNotWritten", "Cancelled"];

const patience = () => AbortSignal.timeout(20_000);

type Act<Kind extends Deed["kind"]> = (deed: Extract<Deed, { kind: Kind }>) => Promise<unknown>;
type Acts = { readonly [Kind in Deed["kind"]]: Act<Kind> };

const nothing = () => Promise.resolve();

export function createAdministrator(
  installation: Installation,
  plan: Plan,
  history: History,
): Administrator {
  const { portal, control, connectorId, consent, ledger, drop } = installation;
  const actor: Actor = {
    ...{ tenantId, id: uuid(), name: "Ada Admin", upn: "ada@contoso.com" },
    roles: ["Connector.Admin", "Connector.Auditor", "GlobalAdministrator"],
  };
  const repairs = createRepairs(installation, actor);
  let password = plan.password;
  /** As it should be, and as the connector has it that is there. */
  let wanted: MappingState = { isMappedLater: false, isMappedAnew: false };
  let inForce: unknown = null;
  let owesBackfill = false;

  const deeds: Acts = {
    pause: async () => portal.connectors.pause(actor, await connectorId()),
    revokeConsent: () => control("DELETE", "/consent"),
    async changePassword() {
      if (drop !== null) return drop.renewUserKey();
      password = `${plan.password}-new`;
      return control("PATCH", "/telemessage", { password });
    },
    changeHostKey: async () => drop?.renewHostKey(),
    fillMailbox: ({ upn, state }) => control("PATCH", `/people/${upn}`, { mailbox: state }),
    extendMapping: () => applyMapping({ ...wanted, isMappedLater: true }),
    changeMapping: () => applyMapping({ ...wanted, isMappedAnew: true }),
    removePerson: () => control("PATCH", `/people/${leaver}`, { removed: true }),
    backfill: () => repairs.backfill(),
    cancelRun: (deed) => repairs.cancel(deed),
    retry: (deed) => repairs.retry(deed),
    replaceConnector: async () => portal.connectors.remove(actor, await connectorId(), "Chaos"),
    forget: ({ share }) =>
      control("PATCH", "/telemessage", { oldestAvailable: oldestHeld(plan, share).toISOString() }),
    restore: () =>
      control("POST", "/records", { records: recordsThatCome("restored", plan.archive) }),
  };
  const mendings: Acts = {
    pause: async () => portal.connectors.resume(actor, await connectorId()),
    revokeConsent: grantAgain,
    changePassword: () => edit(drop === null ? { password } : { isRepaired: true }),
    changeHostKey: () => edit({ isRepaired: true }),
    fillMailbox: ({ upn }) => control("PATCH", `/people/${upn}`, { mailbox: "ok" }),
    extendMapping: () => applyMapping({ ...wanted, isMappedLater: true }),
    changeMapping: () => applyMapping({ ...wanted, isMappedAnew: true }),
    removePerson: () => control("PATCH", `/people/${leaver}`, { removed: false }),
    backfill: nothing,
    cancelRun: () => repairs.retryAll(["Cancelled"]),
    retry: nothing,
    async replaceConnector() {
      const mapping = wanted;
      const made = await makeSuccessor(installation, actor, plan, { password, mapping });
      if (made.ok && made.isNew) inForce = [made.connectorId, mapping];
      owesBackfill = made.ok;
      return made;
    },
    forget: ({ isForGood }) =>
      isForGood ? nothing() : control("PATCH", "/telemessage", { oldestAvailable: null }),
    restore: nothing,
  };

  async function applyMapping(mapping: MappingState): Promise<unknown> {
    wanted = mapping;
    const id = await connectorId();
    const version = [id, mapping];
    if (JSON.stringify(inForce) === JSON.stringify(version)) return { ok: true };
    const { mappings } = portal;
    const uploaded = await uploadMapping(mappings, actor, plan.cast, {
      ...mapping,
      connectorId: id,
    });
    if (!uploaded.ok) return uploaded;
    const applied = await edit({ mappingFileId: uploaded.value.id });
    if (applied.ok) inForce = version;
    return applied;
  }

  async function edit(change: {
    readonly password?: string;
    readonly mappingFileId?: string;
    /** By SFTP: with the keys as they are now. */
    readonly isRepaired?: boolean;
  }): ReturnType<typeof portal.connectors.edit> {
    const id = await connectorId();
    const [connector] = await ledger.rows<{ version: number; mappingFileId: string }>(
      `SELECT "version", "mappingFileId" FROM "Connector" WHERE "id" = $1`,
      [id],
    );
    return portal.connectors.edit(
      ...([actor, id, connector?.version ?? 0] as const),
      {
        ...{ name: "Chaos", timeOfDay: plan.connector.timeOfDay, zone: "UTC" },
        ...{ username: "archive@contoso.com", password: "", automaticMapping: true },
        ...{ sizeLimit: String(plan.form.sizeLimitMib), largeAttachments: true },
        mappingFileId: connector?.mappingFileId ?? null,
        leavesBadLinesOut: true,
        ...change,
        ...(drop === null ? {} : bySftp(drop, change.isRepaired === true)),
      },
      patience(),
    );
  }

  async function grantAgain(): Promise<unknown> {
    await consent();
    const sessionSecret = uuid();
    const begun = { connectorId: await connectorId(), sessionSecret };
    const { url } = await portal.consent.begin(actor, begun);
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
    begin: (deed) => insist(deed.kind, () => carryOut(deeds, deed)),
    mend: (deed) => insist(`mend ${deed.kind}`, () => carryOut(mendings, deed)),
    async syncNow() {
      const id = await connectorId();
      const answer = await portal.connectors.syncNow(actor, id).catch(() => null);
      history.note("administrator", { what: "syncNow", answer });
      return answer?.ok === true;
    },
    async catchUp() {
      if (!owesBackfill) return;
      const answer = await repairs.backfill(plan.from).catch(() => null);
      history.note("administrator", { what: "catchUp", answer });
      owesBackfill = answer?.ok !== true;
    },
    backfill: (since) => insist("backfill", () => repairs.backfill(since)),
    async retryRefused() {
      const items = await repairs.retryAll(toRetry);
      if (items > 0) history.note("administrator", { what: "retryRefused", items });
      return items;
    },
    acknowledgeGaps: () => insist("acknowledgeGaps", () => repairs.acknowledgeGaps()),
    async verifyAudit() {
      const report = await portal.audit.verify(actor);
      return report.ok ? null : `event ${report.sequence}: ${report.reason}`;
    },
  };
}

function bySftp(drop: DropServer, isRepaired: boolean) {
  const [privateKey, hostKey] = isRepaired ? [drop.privateKey(), drop.hostKey()] : ["", ""];
  const { movesFinishedFiles } = drop;
  const sftp = { privateKey, passphrase: "", hostKey, movesFinishedFiles };
  return { username: drop.username, sftp };
}

function carryOut<Kind extends Deed["kind"]>(
  acts: { readonly [Each in Kind]: Act<Each> },
  deed: Extract<Deed, { kind: Kind }>,
): Promise<unknown> {
  return acts[deed.kind](deed);
}
