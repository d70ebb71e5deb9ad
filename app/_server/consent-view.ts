import "server-only";
import type { Actor } from "@/lib/core/access";
import type { ConsentView } from "@/lib/core/wizard-view";
import { logger } from "@/lib/logger";
import { portal } from "@/lib/wiring";

/** Shorter than a person waits for a page. */
const deadlineMs = 15_000;

/** What a fresh token says; null when Microsoft Entra could not be asked, which is no reason for no page. */
export async function consentView(actor: Actor): Promise<ConsentView | null> {
  try {
    return await portal().consent.view(actor, AbortSignal.timeout(deadlineMs));
  } catch (error) {
    logger("portal").warn("consent.unknown", { error: String(error).slice(0, 200) });
    return null;
  }
}
