/** Puts the portal's services together from the parts that the process has. */
import type { PortalStore } from "./ports/portal-store";
import { createAuditService } from "./services/audit";
import { createConnectorService } from "./services/connectors";
import { createConsentService } from "./services/consent";
import { readHealth } from "./services/health";
import { createMappingVersionService } from "./services/mapping-versions";
import { createMappingService } from "./services/mappings";
import { createOriginalService } from "./services/originals";
import type { PortalServices } from "./services/portal";
import type { PortalDeps } from "./services/portal-deps";
import { createSessionService } from "./services/session";
import { createWizardService } from "./services/wizard";

/** Of the text that the wizard's first step shows; a new text asks everybody anew. */
export const termsVersion = "2026-11";

export type PortalParts = Omit<PortalDeps, "store" | "permissions" | "termsVersion"> & {
  readonly portalStore: PortalStore;
};

export function createPortalServices({ portalStore, ...parts }: PortalParts): PortalServices {
  const deps: PortalDeps = {
    ...parts,
    store: portalStore,
    permissions: ["Mail.ReadWrite", "User.Read.All"],
    termsVersion,
  };
  const mappings = createMappingService(deps);
  return {
    session: createSessionService(deps),
    wizard: createWizardService(deps, mappings),
    mappings,
    versions: createMappingVersionService(deps),
    consent: createConsentService(deps),
    connectors: createConnectorService(deps, mappings),
    originals: createOriginalService(deps),
    audit: createAuditService(deps),
    health: () => readHealth(deps),
  };
}
