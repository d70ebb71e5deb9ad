import { failures } from "@/lib/core/errors";

/** SQL: the codes with which a connector waits for its source alone. */
export const sourceCodes = Object.entries(failures)
  .filter(([, { kind, origin }]) => kind === "configuration" && origin === "source")
  .map(([code]) => `'${code}'`)
  .join(", ");

/**
 * SQL: true for a connector (alias `c`) whose lanes may write. One that waits for its TeleMessage
 * credential goes on importing what was transferred; one that waits for consent cannot. Nor one whose
 * mapping was changed, until what waits is addressed by the new one.
 */
export const mayImport = `(c."mappingChangedAt" IS NULL AND (c."state" = 'ACTIVE' OR (c."state" = 'NEEDS_ATTENTION' AND c."attentionCode" IN (${sourceCodes}))))`;
