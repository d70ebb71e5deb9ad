/** A Global Administrator's way through the simulated consent page, by plain HTTP with a cookie jar. */
export async function grantConsent(
  entraUrl: string,
  { tenantId, clientId, upn }: { tenantId: string; clientId: string; upn: string },
): Promise<void> {
  const jar = new Map<string, string>();
  const visit = async (url: string, form?: Record<string, string>): Promise<Response> => {
    const cookies = [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
    const answer = await fetch(url, {
      redirect: "manual",
      headers: cookies === "" ? {} : { cookie: cookies },
      ...(form === undefined ? {} : { method: "POST", body: new URLSearchParams(form) }),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [pair = ""] = cookie.split(";");
      const at = pair.indexOf("=");
      jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return answer;
  };
  const query = new URLSearchParams({
    client_id: clientId,
    scope: "https://graph.microsoft.com/.default",
    redirect_uri: "http://localhost:3000/api/consent/callback",
    state: "test",
  });
  const consentPage = `${entraUrl}/${tenantId}/v2.0/adminconsent?${query}`;
  await visit(`${entraUrl}/${tenantId}/sign-in`, {
    ticket: ticketIn(await (await visit(consentPage)).text()),
    upn,
  });
  const answer = await visit(`${entraUrl}/${tenantId}/consent`, {
    ticket: ticketIn(await (await visit(consentPage)).text()),
    decision: "accept",
  });
  if (!answer.headers.get("location")?.includes("admin_consent=True")) {
    throw new Error(`The simulated consent was not granted: ${answer.status}`);
  }
}

function ticketIn(page: string): string {
  const ticket = /name="ticket" value="([^"]+)"/.exec(page)?.[1];
  if (ticket === undefined) throw new Error("The page has no ticket");
  return ticket;
}
