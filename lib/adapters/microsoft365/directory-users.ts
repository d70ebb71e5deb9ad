/** A user as Graph writes one, in a list or as part of what changed. */
import { z } from "zod";
import type { DirectoryUser } from "@/lib/ports/directory";

/** Everything the mirror keeps; a delta query that was begun with these tells these. */
export const userFields = [
  "id",
  "userPrincipalName",
  "mail",
  "displayName",
  "proxyAddresses",
  "accountEnabled",
  "userType",
  "assignedPlans",
] as const;

const texts = z.array(z.string()).catch([]);
const plan = z.object({ service: z.string(), capabilityStatus: z.string() });

const user = z
  .object({
    id: z.guid(),
    userPrincipalName: z.string().min(1),
    mail: z.string().nullable().catch(null),
    displayName: z.string().nullable().catch(null),
    proxyAddresses: texts,
    accountEnabled: z.boolean().nullable().catch(null),
    userType: z.string().nullable().catch(null),
    assignedPlans: z.array(plan).catch([]),
  })
  .transform((raw): DirectoryUser => {
    const userPrincipalName = raw.userPrincipalName.toLowerCase();
    const mail = raw.mail?.toLowerCase() || null;
    const aliases = raw.proxyAddresses
      .filter((address) => /^smtp:/i.test(address))
      .map((address) => address.slice("smtp:".length).toLowerCase());
    return {
      id: raw.id.toLowerCase(),
      userPrincipalName,
      mail,
      displayName: raw.displayName ?? "",
      addresses: [...new Set([userPrincipalName, ...(mail ? [mail] : []), ...aliases])],
      // Users older than the property have none; Microsoft counts them as members.
      isMember: raw.userType !== "Guest",
      isEnabled: raw.accountEnabled !== false,
      hasExchangePlan: raw.assignedPlans.some(isWorkingExchange),
    };
  });

/** A user that cannot be read costs himself, never the directory. */
export function readUsers(list: readonly unknown[]): DirectoryUser[] {
  return list.flatMap((raw) => user.safeParse(raw).data ?? []);
}

/** Warning is the grace period of a licence: the mailbox works. */
function isWorkingExchange({ service, capabilityStatus }: z.infer<typeof plan>): boolean {
  const isWorking = capabilityStatus === "Enabled" || capabilityStatus === "Warning";
  return service.toLowerCase() === "exchange" && isWorking;
}

const changedUser = z.looseObject({ id: z.guid() });

export type RawUser = Readonly<Record<string, unknown>> & { readonly id: string };

/** The newest word on everybody a page of changes speaks of: the same person may stand in it twice. */
export function readChanges(list: readonly unknown[]): {
  readonly removed: readonly string[];
  readonly changed: readonly RawUser[];
} {
  const entries = list.flatMap((raw) => changedUser.safeParse(raw).data ?? []);
  const newest = [...new Map(entries.map((entry) => [entry.id.toLowerCase(), entry]))];
  const isRemoved = (entry: RawUser) => entry["@removed"] !== undefined;
  return {
    removed: newest.flatMap(([id, entry]) => (isRemoved(entry) ? [id] : [])),
    changed: newest.flatMap(([id, entry]) => (isRemoved(entry) ? [] : [{ ...entry, id }])),
  };
}

/** Graph owes only what changed: what it leaves out may be unchanged, or may never have been set. */
export function isWhole(entry: RawUser): boolean {
  return userFields.every((name) => entry[name] !== undefined);
}
