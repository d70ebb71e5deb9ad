import { page } from "../http/page";
import { html, redirect, type Reply, type Request } from "../http/reply";
import type { Simulation } from "../simulation";
import { finishAuthorize } from "./authorize";
import { browserId } from "./browser";
import { errorPage, errors } from "./errors";

export function signIn(simulation: Simulation, request: Request): Reply {
  const { entra, directory } = simulation.world;
  const form = new URLSearchParams(request.body.toString());
  const browser = browserId(request.headers);
  const ticket = entra.ticket(form.get("ticket") ?? "", browser);
  const person = directory.find(form.get("upn") ?? "");
  if (browser === undefined || ticket === undefined || ticket.kind === "consent") {
    return errorPage(
      errors.badRequest(165000, "Invalid Request: this page is too old. Begin anew."),
    );
  }
  if (person === undefined) {
    return errorPage(errors.badRequest(50034, "The user account does not exist in the directory."));
  }
  if (!person.isEnabled) {
    return errorPage(errors.badRequest(50057, "The user account is disabled."));
  }
  entra.signIn(browser, person.id);
  return ticket.kind === "sign in"
    ? finishAuthorize(simulation, ticket.request, person)
    : redirect(ticket.returnTo);
}

export function signOut(simulation: Simulation, request: Request): Reply {
  simulation.world.entra.signOut(browserId(request.headers));
  const returnTo = request.query.get("post_logout_redirect_uri");
  const state = request.query.get("state");
  if (returnTo !== null && URL.canParse(returnTo) && isWeb(returnTo)) {
    const url = new URL(returnTo);
    if (state !== null) url.searchParams.set("state", state);
    return redirect(url.href);
  }
  const main = `<div class="card"><p class="quiet">Simulated Microsoft Entra ID</p>
<h1>You signed out of your account</h1><p>You can close this window.</p></div>`;
  return html(200, page("Signed out", main, { narrow: true }));
}

function isWeb(address: string): boolean {
  return /^https?:$/.test(new URL(address).protocol);
}
