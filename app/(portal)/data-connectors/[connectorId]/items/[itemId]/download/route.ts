import { z } from "zod";
import { fileDownload, guardedRoute } from "@/app/_server/route";
import { originalKinds } from "@/lib/core/item-view";
import { portal } from "@/lib/wiring";

type Context = {
  readonly params: Promise<{ readonly connectorId: string; readonly itemId: string }>;
};

const askedFor = z.object({
  connectorId: z.uuid(),
  itemId: z.uuid(),
  what: z.enum(originalKinds),
  grant: z.string().regex(/^\d{1,18}$/),
});

const notGranted =
  "This download was not asked for, or a while ago. Open the item and give a reason.";

export const GET = guardedRoute<Context>(
  "downloadOriginals",
  async ({ actor, request, params }) => {
    const { searchParams } = request.nextUrl;
    const asked = askedFor.safeParse({
      ...(await params),
      what: searchParams.get("what"),
      grant: searchParams.get("grant"),
    });
    const file = asked.success
      ? await portal().originals.open(actor, asked.data, request.signal)
      : null;
    return file === null ? new Response(notGranted, { status: 403 }) : fileDownload(file);
  },
);
