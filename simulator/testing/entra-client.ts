import { createHash } from "node:crypto";
import { Browser } from "./browser";
import { callback, clientId, clientSecret, Harness, tenantId, type Answer } from "./harness";

export const verifier = "a-verifier-that-is-long-enough-to-be-one-0123456789";
const challenge = createHash("sha256").update(verifier).digest("base64url");

type Failure = { readonly error: string; readonly error_codes: number[] };

/** The simulated Entra, as a browser and an application meet it. */
export class EntraClient {
  private constructor(readonly harness: Harness) {}

  static async start(): Promise<EntraClient> {
    return new EntraClient(
      await Harness.open({ SIM_REDIRECT_URIS: "https://portal.example/callback" }),
    );
  }

  browse(): Browser {
    return new Browser(this.harness.simulator.urls.entra);
  }

  async signIn(upn: string, browser = this.browse()): Promise<URL> {
    await browser.open(authorizeAddress());
    return browser.submit({ upn });
  }

  async codeFor(upn: string): Promise<string> {
    return (await this.signIn(upn)).searchParams.get("code") ?? "";
  }

  redeem(code: string, changes: Record<string, string> = {}): Promise<Answer> {
    return this.harness.tokenRequest({
      grant_type: "authorization_code",
      client_id: clientId,
      client_secret: clientSecret,
      redirect_uri: callback,
      code,
      code_verifier: verifier,
      ...changes,
    });
  }

  close(): Promise<void> {
    return this.harness.close();
  }
}

export function authorizeAddress(changes: Record<string, string | undefined> = {}): string {
  const query = new URLSearchParams();
  const parameters: Record<string, string | undefined> = {
    client_id: clientId,
    redirect_uri: callback,
    response_type: "code",
    scope: "openid profile email",
    state: "state-1",
    nonce: "nonce-1",
    code_challenge: challenge,
    code_challenge_method: "S256",
    ...changes,
  };
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) query.set(name, value);
  }
  return `/${tenantId}/oauth2/v2.0/authorize?${query}`;
}

export async function failureOf(answer: Promise<Answer>): Promise<[number, string, number[]]> {
  const { status, json } = await answer;
  const { error, error_codes } = json<Failure>();
  return [status, error, error_codes];
}
