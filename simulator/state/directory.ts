import { createHash } from "node:crypto";

export type MailboxState = "ok" | "none" | "full" | "denied";

export type Person = {
  readonly id: string;
  readonly upn: string;
  readonly mail: string | null;
  readonly proxyAddresses: readonly string[];
  readonly displayName: string;
  readonly userType: "Member" | "Guest";
  readonly roles: readonly string[];
  readonly wids: readonly string[];
  readonly mailbox: MailboxState;
  /** Shared mailboxes have no Exchange plan and work all the same. */
  readonly isShared: boolean;
  readonly isEnabled: boolean;
  readonly isRemoved: boolean;
  /** The directory's sequence at the person's latest change: what delta queries go by. */
  readonly changedAt: number;
};

export type PersonChanges = Partial<
  Pick<Person, "mailbox" | "mail" | "proxyAddresses" | "roles" | "wids" | "isRemoved">
>;

export const globalAdministrator = "62e90394-69f5-4237-9190-012177145e10";

export function isGlobalAdministrator(person: Person): boolean {
  return person.wids.includes(globalAdministrator);
}

/** What a person may do, in words. */
export function rolesOf(person: Person): string[] {
  return [...(isGlobalAdministrator(person) ? ["Global Administrator"] : []), ...person.roles];
}

/** The tenant's people. Nobody leaves the list: removed people are what a delta query tells of. */
export class Directory {
  #people: Person[];
  #byId = new Map<string, number>();
  #byUpn = new Map<string, number>();
  #byAddress = new Map<string, Set<number>>();
  #sequence = 1;

  constructor(people: readonly Person[]) {
    this.#people = [...people];
    people.forEach((person, index) => {
      this.#byId.set(person.id.toLowerCase(), index);
      this.#byUpn.set(person.upn.toLowerCase(), index);
      this.#index(person, index);
    });
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Everybody, removed or not, always in the same order. */
  get everybody(): readonly Person[] {
    return this.#people;
  }

  /** Somebody who is there, by object id or user principal name. */
  find(idOrUpn: string): Person | undefined {
    const person = this.findEver(idOrUpn);
    return person?.isRemoved === true ? undefined : person;
  }

  /** Somebody who is or was there. */
  findEver(idOrUpn: string): Person | undefined {
    const key = idOrUpn.toLowerCase();
    const index = this.#byId.get(key) ?? this.#byUpn.get(key);
    return index === undefined ? undefined : this.#people[index];
  }

  /** Who could have this user principal name, mail or proxy address. To be checked by the caller. */
  candidates(address: string): Person[] {
    const indexes = this.#byAddress.get(address.toLowerCase()) ?? [];
    return [...indexes].flatMap((index) => this.#people[index] ?? []);
  }

  update(upn: string, changes: PersonChanges): Person | undefined {
    const index = this.#byUpn.get(upn.toLowerCase());
    const before = index === undefined ? undefined : this.#people[index];
    if (index === undefined || before === undefined) return undefined;
    this.#sequence += 1;
    const after = { ...before, ...changes, changedAt: this.#sequence };
    for (const address of addressesOf(before)) this.#byAddress.get(address)?.delete(index);
    this.#people[index] = after;
    this.#index(after, index);
    return after;
  }

  #index(person: Person, index: number): void {
    for (const address of addressesOf(person)) {
      const indexes = this.#byAddress.get(address);
      if (indexes === undefined) this.#byAddress.set(address, new Set([index]));
      else indexes.add(index);
    }
  }
}

/** The same name gives the same object id in every start, so that a product's data stays valid. */
export function idFromName(kind: string, name: string): string {
  const hex = createHash("sha256").update(`${kind}|${name.toLowerCase()}`).digest("hex");
  const variant = ((parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `${variant}${hex.slice(18, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}

function addressesOf(person: Person): string[] {
  const addresses = [person.upn, ...(person.mail === null ? [] : [person.mail])];
  return [...addresses, ...person.proxyAddresses].map((address) => address.toLowerCase());
}
