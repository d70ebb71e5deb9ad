/** Which runs the address of the history asks for. Nonsense is left out. */
import { z } from "zod";

const querySchema = z.object({
  kind: z.enum(["scheduled", "manual", "backfill", "lookback"]).nullable().catch(null),
  state: z
    .enum(["queued", "transferring", "importing", "succeeded", "partial", "failed", "cancelled"])
    .nullable()
    .catch(null),
  after: z
    .string()
    .regex(/^[\x20-\x7e]{1,500}$/)
    .nullable()
    .catch(null),
});

export function readQuery(address: Readonly<Record<string, unknown>>) {
  return querySchema.parse({ kind: null, state: null, after: null, ...address });
}
