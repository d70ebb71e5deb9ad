import { stalledAfterMs } from "@/lib/core/connector";
import type { HealthView } from "@/lib/core/view";
import type { PortalDeps } from "./portal-deps";

/** Silent: no worker gave a sign of life for a minute, or the database that would tell us is away. */
export async function readHealth({
  store,
  clock,
}: Pick<PortalDeps, "store" | "clock">): Promise<HealthView> {
  try {
    const seenAt = await store.people.workerSeenAt();
    const isAwake = seenAt !== null && clock.now().getTime() - seenAt.getTime() < stalledAfterMs;
    return {
      status: isAwake ? "ok" : "silent",
      database: true,
      workerSeenAt: seenAt?.toISOString() ?? null,
    };
  } catch {
    return { status: "silent", database: false, workerSeenAt: null };
  }
}
