/** A portal with one connector whose first run is queued, and ways to what tests do with them. */
import { sizeLimitText } from "@/lib/core/size-limit";
import type { ActionResult, ConnectorDetail } from "@/lib/core/view";
import type { PortalServices } from "@/lib/services/portal";
import { closeSeededRun, type SeededDelivery, seedDeliveries } from "./portal-ledger";
import { createPortalWorld, never } from "./portal-world";

type EditInput = Parameters<PortalServices["connectors"]["edit"]>[3];

export type ConnectorWorld = Awaited<ReturnType<typeof createConnectorWorld>>;

export async function createConnectorWorld() {
  const world = await createPortalWorld();
  const { services, database, tenantId } = world;
  const actor = await world.admin();
  const connectorId = await world.finish(actor);

  async function detail(): Promise<ConnectorDetail> {
    const found = await services.connectors.detail(actor, connectorId);
    if (found === null) throw new Error("No such connector");
    return found;
  }

  const runId = (await detail()).runs[0]?.id ?? "";
  world.queue.runs.length = 0;
  return {
    ...world,
    ...{ actor, connectorId, runId, detail },
    seed: (deliveries: readonly SeededDelivery[]) =>
      seedDeliveries(database, { tenantId, connectorId, runId }, deliveries),
    closeRun: (state: "SUCCEEDED" | "PARTIAL" | "FAILED") =>
      closeSeededRun(database, tenantId, runId, state),
    set: (assignments: string) =>
      database.query(`UPDATE "Connector" SET ${assignments} WHERE "id" = $1`, [connectorId]),
    async actions(): Promise<string[]> {
      const { rows } = await services.audit.list(actor, { connectorId }, null);
      return rows.map(({ action }) => action);
    },
    /** The form as the page shows it, with what the person changes. */
    async edit(more: Partial<EditInput> = {}): Promise<ActionResult<null>> {
      const now = await detail();
      const input = {
        ...{ name: now.name, timeOfDay: now.timeOfDay, zone: now.zone },
        ...{ username: now.sourceUsername, password: "", automaticMapping: now.automaticMapping },
        ...{ sizeLimit: sizeLimitText(now.sizeLimitBytes), largeAttachments: now.largeAttachments },
        ...{ mappingFileId: now.mappingFile?.id ?? null, leavesBadLinesOut: false, ...more },
      };
      return services.connectors.edit(actor, connectorId, now.version, input, never);
    },
  };
}
