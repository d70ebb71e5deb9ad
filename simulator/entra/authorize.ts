import { redirect, type Reply, type Request } from "../http/reply";
import type { Simulation } from "../simulation";
import type { Person } from "../state/directory";
import { errorPage, errors } from "./errors";
import { refuseClient, withParameters } from "./redirects";
import { peoplePage, signedInPerson } from "./people-page";
import type { SignInRequest } from "./state";

/** The first step of signing in. Errors go back to the application once its address is trusted. */
export function authorize(simulation: Simulation, request: Request): Reply {
  const { query } = request;
  for (const name of ["client_id", "redirect_uri", "response_type", "scope"]) {
    if (!query.get(name)) return errorPage(errors.missing(name));
  }
  const signInRequest: SignInRequest = {
    clientId: query.get("client_id") ?? "",
    redirectUri: query.get("redirect_uri") ?? "",
    scope: query.get("scope") ?? "",
    state: query.get("state") ?? undefined,
    nonce: query.get("nonce") ?? undefined,
    challenge: query.get("code_challenge") ?? undefined,
  };
  const refusal = refuseClient(simulation, signInRequest.clientId, signInRequest.redirectUri);
  if (refusal !== undefined) return errorPage(refusal);

  const complaint = complain(query);
  if (complaint !== undefined) return backWithError(signInRequest, ...complaint);

  const prompt = query.get("prompt");
  const person = signedInPerson(simulation, request);
  if (prompt === "none") {
    return person === undefined
      ? backWithError(signInRequest, "login_required", loginRequired)
      : finishAuthorize(simulation, signInRequest, person);
  }
  const asksAgain = prompt === "select_account" || prompt === "login";
  return person === undefined || asksAgain
    ? peoplePage(simulation, request, { kind: "sign in", request: signInRequest })
    : finishAuthorize(simulation, signInRequest, person);
}

export function finishAuthorize(
  { world }: Simulation,
  request: SignInRequest,
  person: Person,
): Reply {
  const code = world.entra.issueCode({ request, personId: person.id });
  const { redirectUri, state } = request;
  return redirect(withParameters(redirectUri, { code, state, session_state: person.id }));
}

const loginRequired = "AADSTS50058: A silent sign-in request was sent but no user is signed in.";

function complain(query: URLSearchParams): readonly [string, string] | undefined {
  const type = query.get("response_type") ?? "";
  const mode = query.get("response_mode") ?? "query";
  const prompt = query.get("prompt") ?? "select_account";
  const method = query.get("code_challenge_method");
  if (type !== "code") {
    return [
      "unsupported_response_type",
      `AADSTS700051: response_type '${type}' is not enabled for the application.`,
    ];
  }
  if (!(query.get("scope") ?? "").split(" ").includes("openid")) {
    return ["invalid_scope", "AADSTS70011: The provided request must include the scope 'openid'."];
  }
  if (mode !== "query") {
    return ["invalid_request", `AADSTS90117: response_mode '${mode}' is not simulated.`];
  }
  if (!["select_account", "login", "none", "consent"].includes(prompt)) {
    return ["invalid_request", `AADSTS90023: Unsupported 'prompt' value: '${prompt}'.`];
  }
  const challenge = query.get("code_challenge");
  if (challenge === null && method === null) return undefined;
  if (method !== "S256" || !/^[A-Za-z0-9_-]{43}$/.test(challenge ?? "")) {
    return [
      "invalid_request",
      "AADSTS501491: Invalid size of Code_Challenge parameter, or a method other than S256.",
    ];
  }
  return undefined;
}

function backWithError(request: SignInRequest, error: string, description: string): Reply {
  const { redirectUri, state } = request;
  return redirect(withParameters(redirectUri, { error, error_description: description, state }));
}
