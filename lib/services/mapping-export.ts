/** The mapping in force as a file that can be uploaded again and says the same. */
import type { Actor } from "@/lib/core/access";
import { csvLine } from "@/lib/core/csv-export";
import { boundText } from "@/lib/core/mapping-edit";
import type { PortalDeps } from "./portal-deps";
import { isId } from "./refusals";

const linesAtATime = 2_000;

export async function* exportMapping(
  { store }: Pick<PortalDeps, "store">,
  { tenantId }: Actor,
  connectorId: string,
): AsyncGenerator<string> {
  const connector = isId(connectorId) ? await store.connectors.find(tenantId, connectorId) : null;
  const fileId = connector?.mappingFileId ?? null;
  const hasValidity = fileId !== null && (await store.versions.hasValidity(tenantId, fileId));
  const dates = hasValidity ? ["ValidFrom", "ValidTo"] : [];
  yield csvLine(["ExternalUserId", "O365UserMailbox", ...dates]);
  for (let after = 0; fileId !== null;) {
    const page = await store.versions.export(tenantId, fileId, after, linesAtATime);
    const last = page.at(-1);
    if (last === undefined) return;
    let text = "";
    for (const { externalId, mailboxAddress, validFrom, validTo } of page) {
      // As it was read, not as it was written: a number without its + is no formula.
      const bounds = hasValidity ? [boundText(validFrom), boundText(validTo)] : [];
      text += csvLine([externalId, mailboxAddress, ...bounds]);
    }
    yield text;
    after = last.line;
  }
}
