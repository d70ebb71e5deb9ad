/** An installation whose administrator changes who is mapped to which mailbox. */
import type { Actor } from "@/lib/core/access";
import { runLane } from "@/lib/services/sync/lane";
import { workThroughChanges } from "@/lib/services/sync/mapping-change";
import type { SyncParts } from "@/lib/services/sync/parts";
import { openPortal } from "@/lib/wiring";
import { fakeActor } from "./fakes";
import { putInForce, putMapping } from "./put-mapping";
import { alice, bob, carol, hoursAgo, type Person, world } from "./records";
import { createSyncWorld, tenantId } from "./sync-world";

export type MappingWorld = Awaited<ReturnType<typeof createMappingWorld>>;

export async function createMappingWorld() {
  const open = await createSyncWorld(world([alice, bob, carol], []));
  const services = openPortal(open.config, open.outside);
  const actor: Actor = fakeActor(tenantId);
  const put = (id: string, lines: readonly string[]) => putMapping(services, actor, id, lines);
  const passThrough = (parts: SyncParts = open.parts) => workThroughChanges(parts, open.signal);
  return {
    ...open,
    ...{ services, actor, put, passThrough },
    apply: (id: string, fileId: string) => putInForce(services, actor, id, fileId),

    /** A connector that waits to transfer what its first window holds. */
    async connected(
      records: readonly unknown[],
      lines: readonly string[] = [],
      attachments: Readonly<Record<string, unknown>> = {},
    ) {
      await open.reset(world([alice, bob, carol], records, attachments));
      await services.session.signedIn(actor);
      await open.parts.refreshDirectory(open.signal);
      const { id, runId } = await open.finish();
      if (lines.length > 0) await put(id, lines);
      return { id, runId };
    },

    async inForce(id: string): Promise<string | null> {
      return (await services.versions.overview(actor, id))?.inForce?.id ?? null;
    },

    /** What is poked and not worked on: the transfer is over, no lane has begun. */
    async onlyTransfer(): Promise<void> {
      const held = new Set<string>();
      open.poked.lanes.add = (laneId: string) => (held.add(laneId), open.poked.lanes);
      try {
        await open.drain();
      } finally {
        open.poked.lanes.add = Set.prototype.add.bind(open.poked.lanes);
      }
      for (const laneId of held) open.poked.lanes.add(laneId);
    },

    /** The one lane writes into its mailbox, with this effect on its first request. */
    async laneMeets(effect: object): Promise<void> {
      const create = { service: "graph", method: "POST", path: "/messages$", times: 1 };
      await open.control("POST", "/faults", { ...create, effect });
      const [lane = ""] = open.poked.lanes;
      open.poked.lanes.clear();
      await runLane(open.parts, lane, open.signal);
    },

    /** What waits is resolved anew again and again, until the run is closed. */
    async closed(runId: string): Promise<void> {
      await open.drainUntil(async () => {
        await open.later();
        await passThrough();
        return (await open.run(runId))["closedAt"] !== null;
      });
    },

    shown: async () =>
      (await open.deliveries()).map(({ mailboxAddress, state, failureCode }) => {
        return { to: mailboxAddress, state, code: failureCode };
      }),
  };
}

export const receivedAt = hoursAgo(2);
/** Whom nothing but a mapping leads to a mailbox. */
export const fred: Person = { mobile: "16175550088", upn: "", name: "Fred" };
export const gina: Person = { mobile: "16175550099", upn: "", name: "Gina" };
