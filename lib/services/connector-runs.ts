/** Runs that a person asks for, and runs a person ends. */
import type { Actor } from "@/lib/core/access";
import { backfillWindow } from "@/lib/core/backfill";
import type { RunKind } from "@/lib/core/run";
import type { ActionResult } from "@/lib/core/view";
import { manualWindow, type SyncWindow } from "@/lib/core/window";
import type { ConnectorRecord } from "@/lib/ports/portal-records";
import type { PortalTables } from "@/lib/ports/portal-store";
import { change, event } from "./connector-state";
import { poke } from "./poke";
import type { PortalDeps } from "./portal-deps";
import { done, isId, type Refusal, refused, refusedFields } from "./refusals";
import { utcWords } from "./source-sign-in";
import { reasonInWords } from "./views";

type Begun = { readonly runId: string; readonly message: string };

/** The row is the promise; the queue only hears of it sooner. */
export async function syncNow(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
): Promise<ActionResult<{ readonly message: string }>> {
  return begin(deps, actor, connectorId, (connector, at) => {
    const { watermark } = connector;
    if (watermark === null) return refused(firstUnderWay);
    const window = manualWindow(watermark, at);
    if ("upTo" in window) return refused(upToDate(window.upTo));
    return { kind: "manual", action: "run.syncNow", window };
  });
}

/** Reads a past period again; what is recorded of it is recognised and counted beside. */
export async function backfill(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  days: { readonly from: string; readonly to: string },
): Promise<ActionResult<Begun>> {
  return begin(deps, actor, connectorId, ({ zone }, at) => {
    const read = backfillWindow(days, zone, at);
    if (!read.ok) return refusedFields(read.fields);
    return { kind: "backfill", action: "run.backfill", window: read.window };
  });
}

type Plan = {
  readonly kind: Extract<RunKind, "manual" | "backfill">;
  readonly action: "run.syncNow" | "run.backfill";
  readonly window: SyncWindow;
};

async function begin(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  plan: (connector: ConnectorRecord, at: Date) => Plan | Refusal,
): Promise<ActionResult<Begun>> {
  const asked = await change(deps, actor, connectorId, async (tx, connector, at) => {
    const planned = standsStill(connector) ?? plan(connector, at);
    return "ok" in planned ? planned : insertRun(deps, tx, actor, connector, planned, at);
  });
  if (asked.ok) await poke(deps, { runIds: [asked.value.runId] });
  return asked;
}

async function insertRun(
  { newId }: PortalDeps,
  tx: PortalTables,
  actor: Actor,
  { id: connectorId, automaticMapping, mappingFileId }: ConnectorRecord,
  { kind, action, window: { start: windowStart, end: windowEnd } }: Plan,
  at: Date,
): Promise<ActionResult<Begun>> {
  const runId = newId();
  const inserted = await tx.runs.insert(actor.tenantId, {
    ...{ id: runId, connectorId, kind, windowStart, windowEnd },
    ...{ automaticMapping, mappingFileId, requestedById: actor.id, createdAt: at },
  });
  if (inserted === "transfer") return refused(transferUnderWay[kind]);
  if (inserted === "window") return refused(upToDate(windowStart));
  const span = { windowStart: windowStart.toISOString(), windowEnd: windowEnd.toISOString() };
  const details = { runId, kind, ...span };
  await tx.audit.append(actor.tenantId, event(actor, connectorId, action, details, at));
  const words = `${utcWords(windowStart)} to ${utcWords(windowEnd)}`;
  return done({ runId, message: `A run over ${words} has begun.` });
}

function standsStill({ state, attentionCode }: ConnectorRecord): Refusal | null {
  if (state === "paused") return refused("The connector is paused. Resume it first.");
  if (state !== "needsAttention") return null;
  return refused(`The connector stands still: ${reasonInWords(attentionCode) ?? "mend it first."}`);
}

const firstUnderWay = "The first run has not been transferred yet. Wait until it is.";
const transferUnderWay = {
  manual: "A run of this connector is being transferred right now. Sync again when it is done.",
  backfill:
    "A run of this connector is being read from TeleMessage right now, and one is read at a time. Start this period when that is done; what you entered stays here.",
} as const;

function upToDate(upTo: Date): string {
  return `Everything up to ${utcWords(upTo)} has been transferred already. Younger items are left a few minutes to settle.`;
}

/** What waits fails as cancelled and can be retried; what is being written ends by itself first. */
export async function cancelRun(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
  runId: string,
): Promise<ActionResult<{ readonly message: string }>> {
  return change(deps, actor, connectorId, async (tx, _connector, at) => {
    const { tenantId } = actor;
    if (!isId(runId) || !(await tx.runs.exists(tenantId, connectorId, runId))) {
      return refused("This run is no longer there.");
    }
    const outcome = await tx.runs.cancel(tenantId, runId, at);
    if (outcome === "ended") return refused("This run has ended already.");
    if (outcome === "notCancellable") return refused(notCancellable);
    await tx.audit.append(tenantId, event(actor, connectorId, "run.cancelled", { runId }, at));
    if (outcome === "cancelling") {
      return done({ message: "The run is being cancelled. What is being written ends first." });
    }
    const closed = { runId, outcome };
    await tx.audit.append(tenantId, event(actor, connectorId, "run.closed", closed, at));
    return done({ message: "The run was cancelled." });
  });
}

const notCancellable =
  "This run reads its time for the first time and cannot be left out. Pause the connector to stop it, or cancel the run once it is importing.";
