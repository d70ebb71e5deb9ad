import { z } from "zod";
import { guardedRoute } from "@/app/_server/route";
import { portal } from "@/lib/wiring";

type Context = { readonly params: Promise<{ readonly mappingFileId: string }> };

export const GET = guardedRoute<Context>("manageConnectors", async ({ actor, params, request }) => {
  const id = z.uuid().safeParse((await params).mappingFileId);
  if (!id.success) return new Response("Not found", { status: 404 });
  const after = /^[\x20-\x7e]{1,100}$/.exec(request.nextUrl.searchParams.get("after") ?? "")?.[0];
  return Response.json(await portal().mappings.problems(actor, id.data, after ?? null));
});
