import { z } from "zod";
import { csvDownload, guardedRoute } from "@/app/_server/route";
import { portal } from "@/lib/wiring";

type Context = { readonly params: Promise<{ readonly mappingFileId: string }> };

export const GET = guardedRoute<Context>("manageConnectors", async ({ actor, params }) => {
  const id = z.uuid().safeParse((await params).mappingFileId);
  if (!id.success) return new Response("Not found", { status: 404 });
  return csvDownload("mapping-errors.csv", portal().mappings.problemsCsv(actor, id.data));
});
