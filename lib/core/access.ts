/** Who may do what: the one table of roles and permissions. */

export const appRoles = ["Connector.Admin", "Connector.Auditor", "Connector.Reviewer"] as const;
export type AppRole = (typeof appRoles)[number];

/** Entra's template id of the directory role that may consent to application permissions. */
export const globalAdministratorWid = "62e90394-69f5-4237-9190-012177145e10";

export type Role = AppRole | "GlobalAdministrator";

export type Actor = {
  readonly tenantId: string;
  /** Entra's object id of the person. */
  readonly id: string;
  readonly name: string;
  readonly upn: string;
  readonly roles: readonly Role[];
};

/** Everybody who may sign in sees the connectors; content of messages is for reviewers alone. */
const permissions = {
  viewConnectors: [...appRoles, "GlobalAdministrator"],
  viewItems: appRoles,
  downloadLog: ["Connector.Admin", "Connector.Auditor"],
  viewAudit: ["Connector.Admin", "Connector.Auditor"],
  manageConnectors: ["Connector.Admin"],
  requestConsent: ["Connector.Admin", "GlobalAdministrator"],
  grantConsent: ["GlobalAdministrator"],
  downloadOriginals: ["Connector.Reviewer"],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof permissions;

export function mayDo(actor: Pick<Actor, "roles">, permission: Permission): boolean {
  const allowed: readonly Role[] = permissions[permission];
  return actor.roles.some((role) => allowed.includes(role));
}

/** True for somebody whom the portal lets in at all. */
export function maySignIn(actor: Pick<Actor, "roles">): boolean {
  return actor.roles.length > 0;
}

/** The roles an id token gives, read from its claims; whatever else stands there gives none. */
export function rolesOf(claims: { readonly roles?: unknown; readonly wids?: unknown }): Role[] {
  const isGlobalAdministrator = words(claims.wids).some(
    (wid) => wid.toLowerCase() === globalAdministratorWid,
  );
  const given = words(claims.roles);
  const roles: Role[] = appRoles.filter((role) => given.includes(role));
  return isGlobalAdministrator ? [...roles, "GlobalAdministrator"] : roles;
}

const inWords: Record<Role, string> = {
  "Connector.Admin": "Connector.Admin",
  "Connector.Auditor": "Connector.Auditor",
  "Connector.Reviewer": "Connector.Reviewer",
  GlobalAdministrator: "Global Administrator",
};

const purposes: Record<Permission, string> = {
  viewConnectors: "see the connectors",
  viewItems: "see the items of a run",
  downloadLog: "download the log",
  viewAudit: "read the audit",
  manageConnectors: "create and change connectors",
  requestConsent: "ask for admin consent",
  grantConsent: "grant admin consent",
  downloadOriginals: "download originals",
};

/** What a person without the permission is told: what is missing, and who can give it. */
export function missingRole(permission: Permission): string {
  const roles = permissions[permission].map((role) => inWords[role]);
  return `To ${purposes[permission]} you need the role ${oneOf(roles)}. ${whoCanGive(permission)}`;
}

function whoCanGive(permission: Permission): string {
  const isDirectoryRole = permissions[permission].every((role) => role === "GlobalAdministrator");
  return isDirectoryRole
    ? "A Privileged Role Administrator of your organization can assign it in Microsoft Entra ID, under Roles and administrators."
    : "A Global Administrator or Cloud Application Administrator of your organization can assign it in Microsoft Entra ID, under Enterprise applications > this portal > Users and groups. Then sign in again.";
}

function oneOf(roles: readonly string[]): string {
  if (roles.length < 2) return roles.join("");
  return `${roles.slice(0, -1).join(", ")} or ${roles[roles.length - 1]}`;
}

function words(claim: unknown): string[] {
  return Array.isArray(claim) ? claim.filter((word) => typeof word === "string") : [];
}
