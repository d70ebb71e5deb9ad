/** What the address of a connector's page says: which run, which of its items. Nonsense is left out. */
import { z } from "zod";

const querySchema = z.object({
  run: z.uuid().nullable().catch(null),
  outcome: z
    .enum(["pending", "importing", "imported", "partiallyImported", "skipped", "failed"])
    .nullable()
    .catch(null),
  search: z.string().trim().min(1).max(200).nullable().catch(null),
  after: z.string().min(1).max(500).nullable().catch(null),
  dialog: z.literal("delete").nullable().catch(null),
});

export function readQuery(address: Readonly<Record<string, unknown>>) {
  const { run, outcome, search, after, dialog } = querySchema.parse({
    run: null,
    outcome: null,
    search: null,
    after: null,
    dialog: null,
    ...address,
  });
  return { runId: run, filter: { outcome, search, after }, isDeleting: dialog === "delete" };
}

export type Query = ReturnType<typeof readQuery>;
