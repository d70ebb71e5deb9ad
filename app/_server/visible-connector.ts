import "server-only";
import { cache } from "react";
import { z } from "zod";
import { currentActor } from "./session";
import { mayDo } from "@/lib/core/access";
import type { ConnectorDetail } from "@/lib/core/view";
import { portal } from "@/lib/wiring";

/** The connector of an address, for whoever may see it; asked once for a page and its title. */
export const visibleConnector = cache(
  async (connectorId: string): Promise<ConnectorDetail | null> => {
    const actor = await currentActor();
    const isAsked = z.uuid().safeParse(connectorId).success;
    if (!isAsked || !actor || !mayDo(actor, "viewConnectors")) return null;
    return portal().connectors.detail(actor, connectorId);
  },
);

/** One that can still be changed; of a deleted one only the history is left. */
export async function liveConnector(connectorId: string): Promise<ConnectorDetail | null> {
  const detail = await visibleConnector(connectorId);
  return detail?.state === "deleted" ? null : detail;
}
