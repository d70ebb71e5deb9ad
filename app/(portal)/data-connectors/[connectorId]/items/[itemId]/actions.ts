"use server";

import { z } from "zod";
import { action } from "@/app/_server/action";
import { typed } from "@/app/_server/inputs";
import { originalKinds } from "@/lib/core/item-view";

/** The audit has the reason before anything leaves; the address that is given back has none of it. */
export const downloadOriginal = action(
  {
    may: "downloadOriginals",
    input: z.strictObject({
      connectorId: z.uuid(),
      itemId: z.uuid(),
      what: z.enum(originalKinds),
      reason: typed(500).trim().min(1, "Say why you need it. The audit keeps the reason."),
    }),
  },
  async (input, { actor, services, signal }) => {
    const granted = await services.originals.grant(actor, input, signal);
    if (!granted.ok) return granted;
    const { connectorId, itemId, what } = input;
    const query = new URLSearchParams({ what, grant: granted.value.grant });
    const href = `/data-connectors/${connectorId}/items/${itemId}/download?${query}`;
    return { ok: true, value: { href } };
  },
);
