import { z } from "zod";
import { guardedRoute } from "@/app/_server/route";
import { mappingLineStates } from "@/lib/core/mapping-entry";
import { portal } from "@/lib/wiring";

type Context = { readonly params: Promise<{ readonly mappingFileId: string }> };

const asked = z.strictObject({
  state: z.enum(mappingLineStates).nullable(),
  search: z.string().max(320).nullable(),
  after: z
    .string()
    .regex(/^\d{1,9}$/)
    .nullable(),
});

/** Asked by POST: what somebody searches for is a person, and does not belong in an address. */
export const POST = guardedRoute<Context>("viewItems", async ({ actor, params, request }) => {
  const id = z.uuid().safeParse((await params).mappingFileId);
  const question = asked.safeParse(await request.json().catch(() => null));
  if (!question.success) return new Response("Ask for state, search and after", { status: 400 });
  const { after, ...filter } = question.data;
  const lines = id.success ? await portal().mappings.lines(actor, id.data, filter, after) : null;
  return lines === null ? new Response("Not found", { status: 404 }) : Response.json(lines);
});
