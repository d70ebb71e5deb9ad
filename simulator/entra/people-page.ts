import { escapeHtml, hidden, page } from "../http/page";
import { html, type Reply, type Request } from "../http/reply";
import type { Simulation } from "../simulation";
import { rolesOf, type Person } from "../state/directory";
import { browserId, knowBrowser, type Browser } from "./browser";
import type { Ticket } from "./state";

/** Whoever is signed in in this browser and still belongs to the tenant. */
export function signedInPerson(simulation: Simulation, request: Request): Person | undefined {
  const { entra, directory } = simulation.world;
  const personId = entra.signedInPerson(browserId(request.headers));
  const person = personId === undefined ? undefined : directory.find(personId);
  return person?.isEnabled === true ? person : undefined;
}

/** Everybody of the world, each as a button. */
export function peoplePage(simulation: Simulation, request: Request, ticket: Ticket): Reply {
  const browser = knowBrowser(request.headers);
  return html(200, peopleHtml(simulation, browser, ticket), browser.headers);
}

function peopleHtml({ world }: Simulation, browser: Browser, ticket: Ticket): string {
  const id = world.entra.issueTicket(browser.id, ticket);
  const people = world.directory.everybody.filter(({ isRemoved }) => !isRemoved);
  const buttons = people.map((person) => {
    const upn = escapeHtml(person.upn);
    return `<li><button name="upn" value="${upn}"><strong>${escapeHtml(person.displayName)}</strong>
<span>${upn}</span><span class="quiet">${escapeHtml(describe(person))}</span></button></li>`;
  });
  const reason =
    ticket.kind === "sign in" ? "to continue to the portal" : "to review what is asked for";
  const main = `<div class="card"><p class="quiet">Simulated Microsoft Entra ID</p>
<h1>Pick an account</h1><p>${escapeHtml(world.tenant.name)}: sign in ${reason}. No password is needed.</p>
<form method="post" action="/${world.tenant.id}/sign-in">${hidden({ ticket: id })}
<ul class="people">${buttons.join("\n")}</ul></form></div>`;
  return page("Pick an account", main, { narrow: true });
}

function describe(person: Person): string {
  const words = [...rolesOf(person), ...(person.userType === "Guest" ? ["Guest"] : [])];
  return words.length === 0 ? "No role" : words.join(", ");
}
