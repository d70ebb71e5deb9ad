import { escapeHtml, hidden, page } from "../http/page";
import { html, redirect, type Reply, type Request } from "../http/reply";
import type { Simulation } from "../simulation";
import { isGlobalAdministrator, type Person } from "../state/directory";
import { browserId, knowBrowser } from "./browser";
import { errorPage, errors } from "./errors";
import { refuseClient, withParameters } from "./redirects";
import { peoplePage, signedInPerson } from "./people-page";
import type { ConsentRequest } from "./state";

const graphDefault = "https://graph.microsoft.com/.default";

/** The page on which a Global Administrator grants what the application asks for. */
export function adminConsentPage(simulation: Simulation, request: Request): Reply {
  const { query, path } = request;
  for (const name of ["client_id", "redirect_uri", "scope"]) {
    if (!query.get(name)) return errorPage(errors.missing(name));
  }
  const consentRequest: ConsentRequest = {
    clientId: query.get("client_id") ?? "",
    redirectUri: query.get("redirect_uri") ?? "",
    scope: query.get("scope") ?? "",
    state: query.get("state") ?? undefined,
    target: request.target,
  };
  if (/^\/common\//i.test(path)) return errorPage(errors.noTenant());
  const refusal = refuseClient(simulation, consentRequest.clientId, consentRequest.redirectUri);
  if (refusal !== undefined) return errorPage(refusal);
  if (consentRequest.scope !== graphDefault)
    return errorPage(errors.badScope(consentRequest.scope));

  const person = signedInPerson(simulation, request);
  if (person === undefined) return pickPerson(simulation, request, request.target);
  return isGlobalAdministrator(person)
    ? askToAccept(simulation, request, consentRequest, person)
    : needAdminApproval(simulation, request, consentRequest, person);
}

export function decideConsent(simulation: Simulation, request: Request): Reply {
  const { entra, tenant } = simulation.world;
  const form = new URLSearchParams(request.body.toString());
  const browser = browserId(request.headers);
  const ticket = entra.ticket(form.get("ticket") ?? "", browser);
  if (ticket?.kind !== "consent") {
    return errorPage(
      errors.badRequest(165000, "Invalid Request: this page is too old. Begin anew."),
    );
  }
  const { clientId, redirectUri, scope, state, target } = ticket.request;
  const decision = form.get("decision");
  if (decision === "switch") {
    entra.signOut(browser);
    return redirect(target);
  }
  if (decision === "cancel") return redirect(declined(ticket.request, userDeclined));
  const person = signedInPerson(simulation, request);
  if (decision !== "accept" || person === undefined || !isGlobalAdministrator(person)) {
    return errorPage(errors.badRequest(90094, adminNeeded));
  }
  entra.consent(clientId);
  return redirect(
    withParameters(redirectUri, { admin_consent: "True", tenant: tenant.id, scope, state }),
  );
}

const userDeclined = "AADSTS65004: User declined to consent to access the app.";
const adminNeeded = "An administrator of the organization must grant the requested permissions.";

/** Entra says `admin_consent=True` even when nothing was consented to. */
function declined({ redirectUri, state }: ConsentRequest, description: string): string {
  return withParameters(redirectUri, {
    error: "access_denied",
    error_description: description,
    admin_consent: "True",
    state,
  });
}

function pickPerson(simulation: Simulation, request: Request, returnTo: string): Reply {
  return peoplePage(simulation, request, { kind: "sign in for consent", returnTo });
}

function askToAccept(
  simulation: Simulation,
  request: Request,
  consentRequest: ConsentRequest,
  person: Person,
): Reply {
  const { world } = simulation;
  const browser = knowBrowser(request.headers);
  const ticket = world.entra.issueTicket(browser.id, { kind: "consent", request: consentRequest });
  const main = `<div class="card"><p class="quiet">Simulated Microsoft Entra ID · ${escapeHtml(person.upn)}</p>
<h1>Permissions requested: review for your organization</h1>
<p>The WhatsApp Archiver connector (${escapeHtml(consentRequest.clientId)}) would like to:</p>
<ul>
<li><strong>Mail.ReadWrite</strong>: read and write mail in all mailboxes</li>
<li><strong>User.Read.All</strong>: read all users’ full profiles</li>
</ul>
<p class="quiet">If you accept, this app gets access to these resources for all users in ${escapeHtml(world.tenant.name)}.
No one else will be prompted to review these permissions.</p>
<form method="post" action="/${world.tenant.id}/consent" class="actions">${hidden({ ticket })}
<button name="decision" value="cancel">Cancel</button>
<button name="decision" value="accept" class="primary">Accept</button></form></div>`;
  return html(200, page("Permissions requested", main, { narrow: true }), browser.headers);
}

function needAdminApproval(
  simulation: Simulation,
  request: Request,
  consentRequest: ConsentRequest,
  person: Person,
): Reply {
  const { world } = simulation;
  const browser = knowBrowser(request.headers);
  const ticket = world.entra.issueTicket(browser.id, { kind: "consent", request: consentRequest });
  const back = declined(consentRequest, `AADSTS90094: ${adminNeeded}`);
  const main = `<div class="card"><p class="quiet">Simulated Microsoft Entra ID · ${escapeHtml(person.upn)}</p>
<h1>Need admin approval</h1>
<p>The WhatsApp Archiver connector needs permission to access resources in your organization that
only an admin can grant. Please ask an admin to grant permission to this app before you can use it.</p>
<p>It asks for <strong>Mail.ReadWrite</strong> and <strong>User.Read.All</strong>.</p>
<p class="quiet">AADSTS90094: ${adminNeeded}</p>
<form method="post" action="/${world.tenant.id}/consent" class="actions">${hidden({ ticket })}
<button name="decision" value="switch">Have an admin account? Sign in with that account</button></form>
<p><a href="${escapeHtml(back)}">Return to the application without granting consent</a></p></div>`;
  return html(200, page("Need admin approval", main, { narrow: true }), browser.headers);
}
