/** Tells an older tab what changed since its page was read. */
import type { PortalTables } from "@/lib/ports/portal-store";
import { refused, type Refusal } from "./refusals";

const parts: Readonly<Record<string, string>> = {
  "draft.termsAccepted": "the terms of service",
  "draft.signedIn": "the TeleMessage sign-in",
  "draft.mappingUploaded": "the mapping file",
  "draft.mappingChanged": "the user mapping",
  "draft.consentConfirmed": "admin consent",
  "connector.edited": "the connector's properties",
  "connector.credentialReplaced": "the TeleMessage password",
  "mapping.applied": "the mapping file",
  "mapping.lineAdded": "the mapping file",
  "mapping.lineChanged": "the mapping file",
  "mapping.lineRemoved": "the mapping file",
  "mapping.restored": "the mapping file",
};

/** Every change of a draft or connector is audited with the version it made. */
export async function changedElsewhere(
  tables: Pick<PortalTables, "audit">,
  tenantId: string,
  subject: string,
  version: number,
): Promise<Refusal> {
  const actions = await tables.audit.actionsSince(tenantId, subject, version);
  const changed = [...new Set(actions.flatMap((action) => parts[action] ?? []))];
  return refused(
    changed.length === 0
      ? "This page is older than what it shows: the setup was begun anew elsewhere. Reload the page and go on from there."
      : `This page is older than what it shows. Changed elsewhere meanwhile: ${changed.join(", ")}. Nothing was saved here. Reload the page and go on from there.`,
  );
}
