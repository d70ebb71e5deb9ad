/** Admin consent at Microsoft Entra: the page that asks for it, and the token that proves it. */
import { SyncError } from "@/lib/core/errors";
import type { ConsentProvider } from "@/lib/ports/directory";
import { type AppRole, type AppTokens, EntraRefused } from "./token";

export type ConsentOptions = {
  readonly entraBaseUrl: string;
  readonly tenantId: string;
  readonly clientId: string;
  readonly portalUrl: string;
  readonly tokens: AppTokens;
};

const needed: readonly AppRole[] = ["Mail.ReadWrite", "User.Read.All"];

export function createConsent(options: ConsentOptions): ConsentProvider {
  const { entraBaseUrl, tenantId, clientId, portalUrl, tokens } = options;
  return {
    consentUrl(state) {
      const query = new URLSearchParams({
        client_id: clientId,
        // Application permissions can be asked for by this scope only.
        scope: "https://graph.microsoft.com/.default",
        redirect_uri: `${portalUrl}/api/consent/callback`,
        state,
      });
      return `${entraBaseUrl}/${tenantId}/v2.0/adminconsent?${query}`;
    },

    async proveGrant(signal) {
      try {
        const token = await tokens.fresh(signal);
        const isOurs = token.tenantId === tenantId && token.clientId === clientId;
        const missing = isOurs ? needed.filter((role) => !token.roles.includes(role)) : needed;
        if (missing.length > 0) return { isGranted: false, missing };
        return { isGranted: true, roles: token.roles };
      } catch (error) {
        // Before consent, and for a while after it, Entra does not know the application here. A
        // refused secret is another matter, which no administrator of the tenant can mend.
        if (isUnknownHere(error)) return { isGranted: false, missing: needed };
        throw error;
      }
    },
  };
}

function isUnknownHere(error: unknown): boolean {
  if (!(error instanceof SyncError)) return false;
  const { cause } = error;
  return cause instanceof EntraRefused && error.code === "ConsentRevoked";
}
