import { describe, expect, test } from "vitest";
import {
  globalAdministratorWid,
  mayDo,
  maySignIn,
  missingRole,
  rolesOf,
  type Permission,
  type Role,
} from "./access";

const permissions: Permission[] = [
  "viewConnectors",
  "viewItems",
  "downloadLog",
  "viewAudit",
  "manageConnectors",
  "requestConsent",
  "grantConsent",
  "downloadOriginals",
];

test.each<[Role, Permission[]]>([
  [
    "Connector.Admin",
    [
      "viewConnectors",
      "viewItems",
      "downloadLog",
      "viewAudit",
      "manageConnectors",
      "requestConsent",
    ],
  ],
  ["Connector.Auditor", ["viewConnectors", "viewItems", "downloadLog", "viewAudit"]],
  ["Connector.Reviewer", ["viewConnectors", "viewItems", "downloadOriginals"]],
  ["GlobalAdministrator", ["viewConnectors", "requestConsent", "grantConsent"]],
])("%s may do exactly this", (role, expected) => {
  expect(permissions.filter((permission) => mayDo({ roles: [role] }, permission))).toEqual(
    expected,
  );
});

test("two roles give the sum of both", () => {
  const actor = { roles: ["Connector.Admin", "GlobalAdministrator"] as const };
  expect(mayDo(actor, "manageConnectors") && mayDo(actor, "grantConsent")).toBe(true);
});

test("somebody without a role may do nothing and is not let in", () => {
  expect(permissions.filter((permission) => mayDo({ roles: [] }, permission))).toEqual([]);
  expect(maySignIn({ roles: [] })).toBe(false);
});

describe("roles from the id token", () => {
  test.each<[string, { roles?: unknown; wids?: unknown }, Role[]]>([
    ["app roles", { roles: ["Connector.Auditor"] }, ["Connector.Auditor"]],
    ["a directory role", { wids: [globalAdministratorWid] }, ["GlobalAdministrator"]],
    [
      "a directory role in capitals",
      { wids: [globalAdministratorWid.toUpperCase()] },
      ["GlobalAdministrator"],
    ],
    [
      "both",
      { roles: ["Connector.Admin"], wids: [globalAdministratorWid] },
      ["Connector.Admin", "GlobalAdministrator"],
    ],
    ["the same twice", { roles: ["Connector.Admin", "Connector.Admin"] }, ["Connector.Admin"]],
    ["roles of another application", { roles: ["Mail.ReadWrite", "connector.admin"] }, []],
    ["nobody claims Global Administrator as an app role", { roles: ["GlobalAdministrator"] }, []],
    [
      "claims of another shape",
      { roles: "Connector.Admin", wids: { 0: globalAdministratorWid } },
      [],
    ],
    ["claims of wrong types", { roles: [1, null, {}], wids: [[globalAdministratorWid]] }, []],
    ["no claims", {}, []],
  ])("%s", (_name, claims, expected) => {
    expect(rolesOf(claims)).toEqual(expected);
  });
});

test("who lacks a role is told which, and who can give it", () => {
  expect(missingRole("manageConnectors")).toBe(
    "To create and change connectors you need the role Connector.Admin. A Global Administrator or Cloud Application Administrator of your organization can assign it in Microsoft Entra ID, under Enterprise applications > this portal > Users and groups. Then sign in again.",
  );
});

test("who lacks every role is told all that would do", () => {
  expect(missingRole("viewConnectors")).toContain(
    "the role Connector.Admin, Connector.Auditor, Connector.Reviewer or Global Administrator",
  );
});

test("a directory role is given elsewhere than an app role", () => {
  expect(missingRole("grantConsent")).toContain("Roles and administrators");
});
