import { randomBytes } from "node:crypto";
import type { Clock } from "../state/clock";

/** The TeleMessage account of the world, as the control may change it. */
export type AccountSettings = {
  readonly accountId: string;
  readonly accountName: string;
  readonly username: string;
  readonly password: string;
  readonly locked: boolean;
  readonly archiveAccess: boolean;
  readonly oldestAvailable: number | null;
  readonly tokenTtlSeconds: number;
  readonly cursorTtlSeconds: number;
  readonly pages: PageHabits;
  readonly manifest: "true" | "wrong";
  readonly users: readonly unknown[];
};

/** Everything the contract allows a page to do, and one thing (`unsorted`) that it does not. */
export type PageHabits = {
  /** At most so many items, whatever the limit says. */
  readonly max: number | null;
  /** The last item of a page comes again as the first of the next. */
  readonly repeatEdge: boolean;
  /** Before every page an empty one that has a cursor. */
  readonly empty: boolean;
  /** Items within a page come in reverse. */
  readonly unsorted: boolean;
  /** The same window is cut into other pages every time it is read. */
  readonly drift: boolean;
};

export const ordinaryPages: PageHabits = {
  max: null,
  repeatEdge: false,
  empty: false,
  unsorted: false,
  drift: false,
};

export type SignIn =
  | { readonly outcome: "signed in"; readonly token: string }
  | { readonly outcome: "invalid_credentials" | "account_locked" | "no_archive_access" };

/** After so many wrong passwords within the span the vendor locks the account. */
const wrongPasswordsAllowed = 10;
const wrongPasswordSpanMs = 15 * 60_000;

export class Account {
  readonly #clock: Clock;
  #settings: AccountSettings;
  #issuedAt = new Map<string, number>();
  #wrongAt: number[] = [];
  #signedOut = 0;

  constructor(clock: Clock, settings: AccountSettings) {
    this.#clock = clock;
    this.#settings = settings;
  }

  get settings(): AccountSettings {
    return this.#settings;
  }

  /** How often everybody was signed out: whoever signed in under another number is no longer. */
  get signedOut(): number {
    return this.#signedOut;
  }

  /** Whoever may no longer sign in is signed out as well, so that a change shows at once. */
  change(changes: Partial<AccountSettings>): void {
    const before = this.#settings;
    this.#settings = { ...before, ...changes };
    this.#wrongAt = [];
    const decisive = ["username", "password", "locked", "archiveAccess"] as const;
    if (decisive.some((name) => before[name] !== this.#settings[name])) this.#signEverybodyOut();
  }

  signIn(username: string, password: string): SignIn {
    if (username !== this.#settings.username) return { outcome: "invalid_credentials" };
    if (this.#settings.locked) return { outcome: "account_locked" };
    if (password !== this.#settings.password) return this.#wrongPassword();
    this.#wrongAt = [];
    if (!this.#settings.archiveAccess) return { outcome: "no_archive_access" };
    const token = randomBytes(24).toString("base64url");
    this.#issuedAt.set(token, this.#clock());
    return { outcome: "signed in", token };
  }

  isSignedIn(token: string): boolean {
    const issuedAt = this.#issuedAt.get(token);
    if (issuedAt === undefined) return false;
    return this.#clock() < issuedAt + this.#settings.tokenTtlSeconds * 1000;
  }

  #wrongPassword(): SignIn {
    const now = this.#clock();
    this.#wrongAt = [...this.#wrongAt.filter((at) => at > now - wrongPasswordSpanMs), now];
    if (this.#wrongAt.length >= wrongPasswordsAllowed) {
      this.#settings = { ...this.#settings, locked: true };
      this.#signEverybodyOut();
    }
    return { outcome: "invalid_credentials" };
  }

  #signEverybodyOut(): void {
    this.#issuedAt.clear();
    this.#signedOut += 1;
  }
}
