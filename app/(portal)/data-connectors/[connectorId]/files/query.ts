/** Which delivered files an address asks for. Nonsense is left out. */
import { z } from "zod";

const querySchema = z.object({
  show: z.enum(["failed", "waiting", "done"]).nullable().catch(null),
  after: z
    .string()
    .regex(/^[\x20-\x7e]{1,1000}$/)
    .nullable()
    .catch(null),
});

export function readQuery(address: Readonly<Record<string, unknown>>) {
  return querySchema.parse({ show: null, after: null, ...address });
}
