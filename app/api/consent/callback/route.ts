import type { NextRequest } from "next/server";
import { NextResponse } from "next/server";
import { somethingWentWrong } from "@/app/_server/action";
import { cookieNames, cookieOptions } from "@/app/_server/cookies";
import { type Flash, flashCookie } from "@/app/_server/flash";
import { currentActor } from "@/app/_server/session";
import { mayDo } from "@/lib/core/access";
import { config } from "@/lib/config";
import type { PortalServices } from "@/lib/services/portal";
import { portal } from "@/lib/wiring";

/**
 * The way back from Microsoft Entra. Whatever the address says, only the service decides; the sentence
 * for the person travels in a signed cookie, never in an address.
 */
export async function GET(request: NextRequest): Promise<Response> {
  const query = request.nextUrl.searchParams;
  const sessionSecret = request.cookies.get(cookieNames.consent())?.value ?? null;
  try {
    const answer = {
      state: query.get("state"),
      tenant: query.get("tenant"),
      error: query.get("error"),
      errorDescription: query.get("error_description"),
    };
    const outcome = await portal().consent.complete(answer, sessionSecret, request.signal);
    const flash = outcome.result.ok
      ? { ok: true, message: "Admin consent was granted." }
      : { ok: false, message: outcome.result.message };
    return goOn(await targetOf(outcome), flash);
  } catch (error) {
    const message = somethingWentWrong(error, "consent.failed");
    return goOn(overview, { ok: false, message });
  }
}

const overview = "/data-connectors";
const consentStep = "/data-connectors/whatsapp/new/admin-consent";

type Outcome = Awaited<ReturnType<PortalServices["consent"]["complete"]>>;

/** Where the person was, or a page that is open to everybody: a second redirect would lose the sentence. */
async function targetOf({ kind, connectorId }: Outcome): Promise<string> {
  const actor = await currentActor();
  if (kind === "handedOver" || !actor || !mayDo(actor, "viewConnectors")) return "/consent/done";
  if (connectorId !== null) return `${overview}/${connectorId}`;
  if (!mayDo(actor, "manageConnectors")) return overview;
  const draft = await portal().wizard.findDraft(actor);
  return draft?.openSteps.includes("admin-consent") ? consentStep : overview;
}

function goOn(path: string, flash: Flash): Response {
  const response = NextResponse.redirect(new URL(path, config().portalUrl), 303);
  const { name, value, options } = flashCookie(flash);
  response.cookies.set(name, value, options);
  response.cookies.set(cookieNames.consent(), "", { ...cookieOptions(), maxAge: 0 });
  return response;
}
