/** The tenant's users through Graph: all of them page by page, and what changed since. */
import { z } from "zod";
import type { HttpAnswer } from "@/lib/adapters/http";
import { headerOf, readJson } from "@/lib/adapters/http-json";
import { parseRetryAfter } from "@/lib/core/backoff";
import { SyncError } from "@/lib/core/errors";
import type { Directory, DirectoryUser } from "@/lib/ports/directory";
import type { Clock } from "@/lib/ports/runtime";
import { isWhole, type RawUser, readChanges, readUsers, userFields } from "./directory-users";
import { errorCodes, inFilter, reasonOf, wasStopped, type Graph } from "./graph";

export type DirectoryOptions = { readonly graph: Graph; readonly clock: Clock };

const select = `$select=${userFields.join(",")}`;
const firstPage = `/users?${select}&$top=999`;
const fromNowOn = `/users/delta?$deltatoken=latest&${select}`;
const maxPageBytes = 128 * 1024 * 1024;

/** A filter holds at most so many alternatives. */
const idsPerFilter = 15;

/** A link Graph has forgotten, or does not take for one of its own. */
const forgotten: ReadonlySet<number> = new Set([400, 404, 410]);

export function createDirectory({ graph, clock }: DirectoryOptions): Directory {
  function ask(path: string, signal: AbortSignal): Promise<HttpAnswer> {
    const request = { method: "GET", path, role: "User.Read.All", signal } as const;
    return graph.send({ ...request, maxBytes: maxPageBytes });
  }

  function pageOf(answer: HttpAnswer): Page {
    return readPage(answer) ?? thrown(directoryFailure(answer, clock.now()));
  }

  async function* pagesOf(first: string, signal: AbortSignal): AsyncGenerator<readonly unknown[]> {
    const asked = new Set<string>();
    for (let path: string | null = first; path !== null;) {
      if (asked.has(path)) throw unavailable("The list of users leads back to itself");
      asked.add(path);
      const page = pageOf(await ask(path, signal));
      yield page.value;
      const nextLink: string | undefined = page["@odata.nextLink"];
      path = nextLink === undefined ? null : graph.pathOf(nextLink);
      if (nextLink !== undefined && path === null) throw leadsAway();
    }
  }

  async function completed(
    entries: readonly RawUser[],
    signal: AbortSignal,
  ): Promise<DirectoryUser[]> {
    const parts = entries.filter((entry) => !isWhole(entry));
    const rest = new Map<string, RawUser>();
    for (let at = 0; at < parts.length; at += idsPerFilter) {
      const tests = parts.slice(at, at + idsPerFilter).map(({ id }) => `id eq ${inFilter(id)}`);
      const path = `/users?${select}&$filter=${tests.join(" or ").replaceAll(" ", "%20")}`;
      for await (const page of pagesOf(path, signal)) {
        for (const user of readChanges(page).changed) rest.set(user.id, user);
      }
    }
    const whole = entries.flatMap((entry) => {
      if (isWhole(entry)) return [entry];
      const others = rest.get(entry.id);
      // Gone meanwhile: the next changes say so. What changed is newer than what a list may still say.
      return others === undefined ? [] : [{ ...others, ...entry }];
    });
    return readUsers(whole);
  }

  return {
    async *listUsers(signal) {
      for await (const page of pagesOf(firstPage, signal)) yield readUsers(page);
    },

    async latestLink(signal) {
      const link = pageOf(await ask(fromNowOn, signal))["@odata.deltaLink"];
      if (link === undefined) throw unavailable("No link to what changes from now on");
      if (deltaPath(graph, link) === null) throw leadsAway();
      return link;
    },

    async changesSince(link, signal) {
      const path = deltaPath(graph, link);
      if (path === null) return "expired";
      const answer = await ask(path, signal);
      if (answer.outcome === "answered" && forgotten.has(answer.status)) return "expired";
      const page = pageOf(answer);
      const next = page["@odata.nextLink"];
      const further = next ?? page["@odata.deltaLink"];
      if (further === undefined) throw unavailable("Changes that lead nowhere");
      if (deltaPath(graph, further) === null) throw leadsAway();
      const { removed, changed } = readChanges(page.value);
      const isLast = next === undefined;
      return { removed, changed: await completed(changed, signal), link: further, isLast };
    },
  };
}

/** A link out of the ledger or an answer is followed only to Graph, and there only to users. */
function deltaPath(graph: Graph, link: string): string | null {
  if (!URL.canParse(link)) return null;
  const path = graph.pathOf(link);
  return path?.startsWith("/users/") === true ? path : null;
}

const pageShape = z.object({
  value: z.array(z.unknown()),
  "@odata.nextLink": z.string().optional(),
  "@odata.deltaLink": z.string().optional(),
});

type Page = z.infer<typeof pageShape>;

function readPage(answer: HttpAnswer): Page | null {
  if (answer.outcome !== "answered" || answer.status !== 200) return null;
  const json = readJson(answer);
  return json.isReadable ? (pageShape.safeParse(json.value).data ?? null) : null;
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

function leadsAway(): SyncError {
  return unavailable("A page of users leads away from Graph");
}

function thrown(error: SyncError): never {
  throw error;
}
