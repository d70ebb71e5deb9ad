import { z } from "zod";
import { csvDownload, guardedRoute } from "@/app/_server/route";
import { portal } from "@/lib/wiring";

type Context = {
  readonly params: Promise<{ readonly connectorId: string; readonly runId: string }>;
};

export const GET = guardedRoute<Context>("downloadLog", async ({ actor, params }) => {
  const ids = z.object({ connectorId: z.uuid(), runId: z.uuid() }).safeParse(await params);
  if (!ids.success) return new Response("Not found", { status: 404 });
  const { connectorId, runId } = ids.data;
  const { connectors } = portal();
  const run = await connectors.run(actor, connectorId, runId);
  if (!run) return new Response("Not found", { status: 404 });
  const name = `whatsapp-archiver-log-${run.windowEnd.slice(0, 10)}.csv`;
  return csvDownload(name, connectors.runLog(actor, connectorId, runId));
});
