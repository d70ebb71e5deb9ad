import { globalAdministrator } from "../state/directory";
import type { PersonInput } from "../world";

/** Somebody who writes WhatsApp messages: an employee whose phone is archived, or an outsider. */
export type Participant = {
  readonly type: "MOBILE" | "WHATSAPP_ID";
  readonly value: string;
  readonly email?: string;
  readonly firstName?: string;
  readonly lastName?: string;
};

export type Employee = Participant & { readonly archiver: "PHONE_ARCHIVER" | "CLOUD_ARCHIVER" };

export const domain = "contoso.com";

const compliance: readonly PersonInput[] = [
  person("admin", "Adele Vance", {
    roles: ["Connector.Admin"],
    wids: [globalAdministrator],
  }),
  person("compliance", "Isaiah Langer", { roles: ["Connector.Admin"] }),
  person("auditor", "Lynne Robbins", { roles: ["Connector.Auditor"] }),
  person("reviewer", "Ben Walters", { roles: ["Connector.Auditor", "Connector.Reviewer"] }),
  person("grace.taylor", "Grace Taylor", { wids: [globalAdministrator] }),
];

const colleagues: readonly PersonInput[] = [
  person("alex", "Alex Wilber"),
  person("susan", "Susan Whitaker"),
  person("jeff", "Jeff Hay"),
  person("megan.bowen", "Megan Bowen"),
  person("pradeep.gupta", "Pradeep Gupta"),
  person("anna.mueller", "Anna Müller"),
  person("yara.haddad", "يارا حداد"),
  person("noam.levi", "נעם לוי"),
  person("yuki.tanaka", "田中 結希"),
  person("olga.petrova", "Ольга Петрова"),
  person("nestor.wilke", "Nestor Wilke"),
  person("patti.fernandez", "Patti Fernandez"),
  person("debra.berger", "Debra Berger", {
    proxyAddresses: [
      "SMTP:debra.berger@contoso.com",
      "smtp:debra@contoso.com",
      "smtp:d.berger@contoso.com",
    ],
  }),
  person("johanna.lorenz", "Johanna Lorenz", {
    mail: "j.lorenz@contoso.com",
    proxyAddresses: ["SMTP:j.lorenz@contoso.com", "smtp:johanna.lorenz@contoso.com"],
  }),
];

const special: readonly PersonInput[] = [
  person("miriam.graham", "Miriam Graham (mailbox full)", { mailbox: "full" }),
  person("henrietta.moore", "Henrietta Moore (mailbox out of scope)", { mailbox: "denied" }),
  person("grady.archie", "Grady Archie (no mailbox)", { mailbox: "none", mail: null }),
  person("trading.desk", "Trading Desk (shared mailbox)", { shared: true, accountEnabled: false }),
  person("former.employee", "Fiona Former (sign-in blocked)", { accountEnabled: false }),
  guest("robin.partner", "fabrikam.com", "Robin Partner"),
  guest("kim.akers", "tailspintoys.com", "Kim Akers"),
];

export const people: readonly PersonInput[] = [...compliance, ...colleagues, ...special];

/** Whose WhatsApp is archived. Those without an e-mail address need a custom mapping. */
export const employees = {
  alex: employee("16175550123", undefined, "Alex", "Wilber"),
  susan: employee("445204334324", undefined, "Susan", "Whitaker", "CLOUD_ARCHIVER"),
  jeff: {
    type: "WHATSAPP_ID",
    value: "US.13491208655302741918",
    firstName: "Jeff",
    lastName: "Hay",
    archiver: "CLOUD_ARCHIVER",
  },
  megan: employee("14255550101", "megan.bowen@contoso.com", "Megan", "Bowen"),
  pradeep: employee("919820098200", "pradeep.gupta@contoso.com", "Pradeep", "Gupta"),
  anna: employee("491712345678", "anna.mueller@contoso.com", "Anna", "Müller"),
  yara: employee("971501234567", "yara.haddad@contoso.com", "يارا", "حداد"),
  noam: employee("972541234567", "noam.levi@contoso.com", "נעם", "לוי"),
  yuki: employee("819012345678", "yuki.tanaka@contoso.com", "結希", "田中", "CLOUD_ARCHIVER"),
  olga: employee("79161234567", "olga.petrova@contoso.com", "Ольга", "Петрова"),
  nestor: employee("14255550107", "nestor.wilke@contoso.com", "Nestor", "Wilke"),
  patti: employee("14255550108", "PATTI.FERNANDEZ@contoso.com", "Patti", "Fernandez"),
  debra: employee("14255550109", "debra@contoso.com", "Debra", "Berger", "CLOUD_ARCHIVER"),
  johanna: employee("4366412345678", "johanna.lorenz@contoso.com", "Johanna", "Lorenz"),
  desk: employee("14255550110", "trading.desk@contoso.com", "Trading", "Desk", "CLOUD_ARCHIVER"),
  miriam: employee("14255550111", "miriam.graham@contoso.com", "Miriam", "Graham"),
  henrietta: employee("447700900112", "henrietta.moore@contoso.com", "Henrietta", "Moore"),
  grady: employee("14255550113", "grady.archie@contoso.com", "Grady", "Archie"),
  /** Nobody in the directory, and no address either. */
  stranger: employee("33612345678", undefined, "Luc", "Moreau"),
} as const satisfies Record<string, Employee>;

/** Clients and suppliers: they have no mailbox here, and nothing is to be reported about that. */
export const outsiders: readonly Participant[] = [
  { type: "MOBILE", value: "12025550142", firstName: "Jordan", lastName: "Mitchell" },
  { type: "MOBILE", value: "447911123456", firstName: "Oliver", lastName: "Hughes" },
  { type: "MOBILE", value: "5511987654321", firstName: "Beatriz", lastName: "Souza" },
  { type: "MOBILE", value: "8613812345678", firstName: "伟", lastName: "陈" },
  { type: "WHATSAPP_ID", value: "BR.77120944186352" },
  { type: "MOBILE", value: "34600123456" },
];

/** The users as TeleMessage has them registered. */
export function registeredUsers(lastActivityAt: string) {
  return Object.values<Employee>(employees).map((each, index) => ({
    id: `u-${1001 + index}`,
    mobile: each.type === "MOBILE" ? each.value : "",
    email: each.email ?? "",
    firstName: each.firstName ?? "",
    lastName: each.lastName ?? "",
    archiver: each.archiver,
    status: each.value === employees.stranger.value ? "PENDING" : "ACTIVATED",
    lastActivityAt,
  }));
}

function person(name: string, displayName: string, more: Partial<PersonInput> = {}): PersonInput {
  return { upn: `${name}@${domain}`, displayName, mailbox: "ok", ...more };
}

function guest(name: string, home: string, displayName: string): PersonInput {
  return {
    upn: `${name}_${home}#EXT#@${domain}`,
    mail: `${name}@${home}`,
    displayName: `${displayName} (guest)`,
    userType: "Guest",
    mailbox: "none",
  };
}

function employee(
  value: string,
  email: string | undefined,
  firstName: string,
  lastName: string,
  archiver: Employee["archiver"] = "PHONE_ARCHIVER",
): Employee {
  return {
    type: "MOBILE",
    value,
    ...(email === undefined ? {} : { email }),
    firstName,
    lastName,
    archiver,
  };
}
