import { z } from "zod";
import { csvDownload, guardedRoute } from "@/app/_server/route";
import { portal } from "@/lib/wiring";

type Context = { readonly params: Promise<{ readonly connectorId: string }> };

export const GET = guardedRoute<Context>("downloadLog", async ({ actor, params }) => {
  const id = z.uuid().safeParse((await params).connectorId);
  if (!id.success) return new Response("Not found", { status: 404 });
  return csvDownload("mapping.csv", portal().versions.export(actor, id.data));
});
