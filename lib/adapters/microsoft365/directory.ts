/** The tenant's users through Graph, page by page. */
import { z } from "zod";
import type { HttpAnswer } from "@/lib/adapters/http";
import { headerOf, readJson } from "@/lib/adapters/http-json";
import { parseRetryAfter } from "@/lib/core/backoff";
import { SyncError } from "@/lib/core/errors";
import type { Directory, DirectoryUser } from "@/lib/ports/directory";
import type { Clock } from "@/lib/ports/runtime";
import { errorCodes, reasonOf, wasStopped, type Graph } from "./graph";

export type DirectoryOptions = { readonly graph: Graph; readonly clock: Clock };

const fields =
  "id,userPrincipalName,mail,displayName,proxyAddresses,accountEnabled,userType,assignedPlans";
const firstPage = `/users?$select=${fields}&$top=999`;
const maxPageBytes = 128 * 1024 * 1024;

export function createDirectory({ graph, clock }: DirectoryOptions): Directory {
  return {
    async *listUsers(signal) {
      const asked = new Set<string>();
      let path: string | null = firstPage;
      while (path !== null) {
        if (asked.has(path)) throw unavailable("The list of users leads back to itself");
        asked.add(path);
        const request = { method: "GET", path, role: "User.Read.All", signal } as const;
        const answer = await graph.send({ ...request, maxBytes: maxPageBytes });
        const page = pageOf(answer) ?? thrown(directoryFailure(answer, clock.now()));
        yield page.value;
        const nextLink: string | undefined = page["@odata.nextLink"];
        path = nextLink === undefined ? null : graph.pathOf(nextLink);
        if (nextLink !== undefined && path === null) {
          throw unavailable("A page of users leads away from Graph");
        }
      }
    },
  };
}

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
const readableUsers = z
  .array(z.unknown())
  .transform((list): DirectoryUser[] => list.flatMap((raw) => user.safeParse(raw).data ?? []));

const usersShape = z.object({
  value: readableUsers,
  "@odata.nextLink": z.string().optional(),
});

/** Warning is the grace period of a licence: the mailbox works. */
function isWorkingExchange({ service, capabilityStatus }: z.infer<typeof plan>): boolean {
  const isWorking = capabilityStatus === "Enabled" || capabilityStatus === "Warning";
  return service.toLowerCase() === "exchange" && isWorking;
}

function pageOf(answer: HttpAnswer): z.infer<typeof usersShape> | null {
  if (answer.outcome !== "answered" || answer.status !== 200) return null;
  const json = readJson(answer);
  return json.isReadable ? (usersShape.safeParse(json.value).data ?? null) : null;
}

function directoryFailure(answer: HttpAnswer, now: Date): SyncError {
  if (wasStopped(answer)) return new SyncError("Interrupted");
  const cause = reasonOf(answer);
  if (answer.outcome !== "answered") return new SyncError("DirectoryUnavailable", { cause });
  const { status, headers } = answer;
  if (status === 403 && errorCodes(answer).includes("Authorization_RequestDenied")) {
    return new SyncError("ConsentRevoked", { cause });
  }
  const retryAfterMs = parseRetryAfter(headerOf(headers, "retry-after"), now);
  const code = status === 429 ? "DirectoryThrottled" : "DirectoryUnavailable";
  return new SyncError(code, { cause, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
}

function unavailable(reason: string): SyncError {
  return new SyncError("DirectoryUnavailable", { cause: new Error(reason) });
}

function thrown(error: SyncError): never {
  throw error;
}
