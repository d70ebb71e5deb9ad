import type { NextRequest } from "next/server";
import { NextResponse } from "next/server";
import { somethingWentWrong } from "@/app/_server/action";
import { cookieNames, cookieOptions } from "@/app/_server/cookies";
import { type Flash, flashCookie } from "@/app/_server/flash";
import { config } from "@/lib/config";
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
    return goOn(targetOf(outcome.kind, outcome.connectorId), flash);
  } catch (error) {
    const message = somethingWentWrong(error, "consent.failed");
    return goOn(targetOf("own", null), { ok: false, message });
  }
}

function targetOf(kind: "own" | "handedOver" | "unknown", connectorId: string | null): string {
  if (kind === "handedOver") return "/consent/done";
  if (connectorId !== null) return `/data-connectors/${connectorId}`;
  return "/data-connectors/whatsapp/new/admin-consent";
}

function goOn(path: string, flash: Flash): Response {
  const response = NextResponse.redirect(new URL(path, config().portalUrl), 303);
  const { name, value, options } = flashCookie(flash);
  response.cookies.set(name, value, options);
  response.cookies.set(cookieNames.consent(), "", { ...cookieOptions(), maxAge: 0 });
  return response;
}
