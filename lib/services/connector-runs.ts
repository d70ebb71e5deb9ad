/** Runs that a person asks for, and runs a person ends. */
import type { Actor } from "@/lib/core/access";
import type { ActionResult } from "@/lib/core/view";
import { manualWindow } from "@/lib/core/window";
import { change, event } from "./connector-state";
import { poke } from "./poke";
import type { PortalDeps } from "./portal-deps";
import { done, refused } from "./refusals";
import { utcWords } from "./source-sign-in";
import { reasonInWords } from "./views";

/** The row is the promise; the queue only hears of it sooner. */
export async function syncNow(
  deps: PortalDeps,
  actor: Actor,
  connectorId: string,
): Promise<ActionResult<{ readonly message: string }>> {
  const asked = await change(deps, actor, connectorId, async (tx, connector, at) => {
    const { state, watermark, attentionCode } = connector;
    if (state === "paused") return refused("The connector is paused. Resume it first.");
    if (state === "needsAttention") {
      return refused(
        `The connector stands still: ${reasonInWords(attentionCode) ?? "mend it first."}`,
      );
    }
    if (watermark === null) return refused(firstUnderWay);
    const window = manualWindow(watermark, at);
    if ("upTo" in window) return refused(upToDate(window.upTo));
    const { start: windowStart, end: windowEnd } = window;
    const { automaticMapping, mappingFileId } = connector;
    const id = deps.newId();
    const inserted = await tx.runs.insert(actor.tenantId, {
      ...{ id, connectorId, kind: "manual", windowStart, windowEnd },
      ...{ automaticMapping, mappingFileId, requestedById: actor.id, createdAt: at },
    });
    if (inserted === "transfer") return refused(transferUnderWay);
    if (inserted === "window") return refused(upToDate(watermark));
    const details = {
      ...{ runId: id, kind: "manual" },
      ...{ windowStart: windowStart.toISOString(), windowEnd: windowEnd.toISOString() },
    };
    await tx.audit.append(actor.tenantId, event(actor, connectorId, "run.syncNow", details, at));
    const span = `${utcWords(windowStart)} to ${utcWords(windowEnd)}`;
    return done({ runId: id, message: `A run over ${span} has begun.` });
  });
  if (!asked.ok) return asked;
  await poke(deps, { runIds: [asked.value.runId] });
  return done({ message: asked.value.message });
}

const firstUnderWay = "The first run has not been transferred yet. Wait until it is.";
const transferUnderWay =
  "A run of this connector is being transferred right now. Sync again when it is done.";

function upToDate(upTo: Date): string {
  return `Everything up to ${utcWords(upTo)} has been transferred already. Younger items are left a few minutes to settle.`;
}
