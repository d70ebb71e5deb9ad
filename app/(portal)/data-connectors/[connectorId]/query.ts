/** What the address of a connector's page says: which run, which of its items. Nonsense is left out. */
import { z } from "zod";

/** PostgreSQL takes no U+0000 in a text, and no id or address holds a control character. */
const words = z.string().regex(/^\P{Cc}+$/u);

const querySchema = z.object({
  run: z.uuid().nullable().catch(null),
  outcome: z
    .enum(["pending", "importing", "imported", "partiallyImported", "skipped", "failed"])
    .nullable()
    .catch(null),
  search: words.trim().min(1).max(200).nullable().catch(null),
  after: words.max(500).nullable().catch(null),
  dialog: z.enum(["delete", "cancel"]).nullable().catch(null),
  /** The item somebody is about to give up. */
  dismiss: z.uuid().nullable().catch(null),
});

export function readQuery(address: Readonly<Record<string, unknown>>) {
  const { run, outcome, search, after, dialog, dismiss } = querySchema.parse({
    run: null,
    outcome: null,
    search: null,
    after: null,
    dialog: null,
    dismiss: null,
    ...address,
  });
  return { runId: run, filter: { outcome, search, after }, dialog, dismissingId: dismiss };
}

export type Query = ReturnType<typeof readQuery>;
