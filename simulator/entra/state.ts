import { randomBytes } from "node:crypto";
import type { Clock } from "../state/clock";

export type SignInRequest = {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  readonly state: string | undefined;
  readonly nonce: string | undefined;
  readonly challenge: string | undefined;
};

/** What a form that was shown to one browser may still be sent for. */
export type Ticket =
  | { readonly kind: "sign in"; readonly request: SignInRequest }
  | { readonly kind: "sign in for consent"; readonly returnTo: string }
  | { readonly kind: "consent"; readonly request: ConsentRequest };

export type ConsentRequest = {
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scope: string;
  readonly state: string | undefined;
  /** The address of the consent page itself, to come back to. */
  readonly target: string;
};

export type Code = { readonly request: SignInRequest; readonly personId: string };

export type RedeemedCode = Code | "unknown" | "expired" | "used";

/** The application permissions that this application asks for. */
export const requestedRoles = ["Mail.ReadWrite", "User.Read.All"] as const;

const ticketMs = 60 * 60_000;
const codeMs = 10 * 60_000;

/** What Entra remembers between two requests: who is signed in where, and what was consented to. */
export class EntraState {
  readonly #clock: Clock;
  #people = new Map<string, string>();
  #tickets = new Map<string, { ticket: Ticket; browser: string; until: number }>();
  #codes = new Map<string, { code: Code; until: number; isUsed: boolean }>();
  #consented = new Map<string, readonly string[]>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  signedInPerson(browser: string | undefined): string | undefined {
    return browser === undefined ? undefined : this.#people.get(browser);
  }

  signIn(browser: string, personId: string): void {
    this.#people.set(browser, personId);
  }

  signOut(browser: string | undefined): void {
    if (browser !== undefined) this.#people.delete(browser);
  }

  issueTicket(browser: string, ticket: Ticket): string {
    const now = this.#clock();
    for (const [id, { until }] of this.#tickets) if (until < now) this.#tickets.delete(id);
    const id = random();
    this.#tickets.set(id, { ticket, browser, until: now + ticketMs });
    return id;
  }

  /** A form may be sent again (somebody pressed Back), but only by the browser it was shown in. */
  ticket(id: string, browser: string | undefined): Ticket | undefined {
    const known = this.#tickets.get(id);
    if (known === undefined || known.browser !== browser || known.until < this.#clock()) {
      return undefined;
    }
    return known.ticket;
  }

  issueCode(code: Code): string {
    const id = random();
    this.#codes.set(id, { code, until: this.#clock() + codeMs, isUsed: false });
    return id;
  }

  redeemCode(id: string): RedeemedCode {
    const known = this.#codes.get(id);
    if (known === undefined) return "unknown";
    if (known.isUsed) return "used";
    known.isUsed = true;
    return known.until < this.#clock() ? "expired" : known.code;
  }

  consent(clientId: string): void {
    this.#consented.set(clientId.toLowerCase(), requestedRoles);
  }

  consentedRoles(clientId: string): readonly string[] {
    return this.#consented.get(clientId.toLowerCase()) ?? [];
  }

  withdrawConsent(): void {
    this.#consented.clear();
  }
}

export function random(): string {
  return randomBytes(24).toString("base64url");
}
