"use server";

import { z } from "zod";
import { action } from "@/app/_server/action";

export const verifyChain = action(
  { may: "viewAudit", input: z.strictObject({}) },
  async (_input, { actor, services }) => ({ ok: true, value: await services.audit.verify(actor) }),
);
