import type { Reply } from "../http/reply";
import type { Directory, Person } from "../state/directory";
import type { GraphCall } from "./call";
import { GraphError, refuse } from "./errors";
import { countTests, type Filter } from "./filter";
import { linkTo, readOptions } from "./query";
import { ok } from "./replies";
import { checkUserSelect, viewUser } from "./users";

/** Where a delta query stands: which changes it has seen, and how far it is in telling others. */
type DeltaState = {
  readonly world: string;
  /** Changes after this one are still to be told; none yet means everybody is. */
  readonly since: number | null;
  /** The directory's sequence when this round began: where the next round goes on. */
  readonly until: number;
  readonly position: number;
  readonly select: readonly string[] | null;
  readonly ids: readonly string[] | null;
};

const defaultPage = 100;
const maxIds = 50;

export function usersDelta(call: GraphCall): Reply {
  const { request, simulation } = call;
  const options = readOptions(
    request.query,
    ["$select", "$filter", "$top", "$skiptoken", "$deltatoken"],
    999,
  );
  checkUserSelect(options.select);
  const { world } = simulation;
  const begin = (since: number | null): DeltaState => ({
    world: world.id,
    since,
    until: world.directory.sequence,
    position: 0,
    select: options.select ?? null,
    ids: options.filter === undefined ? null : idsAsked(options.filter),
  });

  if (options.deltaToken === "latest") {
    const state = begin(world.directory.sequence);
    return ok(call, "users", { "@odata.deltaLink": deltaLink(call, state), value: [] });
  }
  const token = options.deltaToken ?? options.skipToken;
  const state = token === undefined ? begin(null) : read(call, token);
  return answer(
    call,
    options.deltaToken === undefined ? state : nextRound(state, world.directory),
    options.top ?? pageSizeAsked(call) ?? defaultPage,
  );
}

function answer(call: GraphCall, state: DeltaState, top: number): Reply {
  const { directory } = call.simulation.world;
  const told: Person[] = [];
  let { position } = state;
  for (; position < directory.everybody.length && told.length < top; position += 1) {
    const person = directory.everybody[position];
    if (person !== undefined && isNews(person, state)) told.push(person);
  }
  const hasMore = directory.everybody.slice(position).some((person) => isNews(person, state));
  const link = hasMore
    ? { "@odata.nextLink": nextLink(call, { ...state, position }) }
    : { "@odata.deltaLink": deltaLink(call, state) };
  const value = told.map((person) => view(person, state.select ?? undefined));
  return ok(call, "users", { ...link, value });
}

function isNews(person: Person, { since, ids }: DeltaState): boolean {
  if (ids !== null && !ids.includes(person.id)) return false;
  return since === null ? !person.isRemoved : person.changedAt > since;
}

function view(person: Person, select: readonly string[] | undefined): Record<string, unknown> {
  if (person.isRemoved) return { id: person.id, "@removed": { reason: "changed" } };
  return { ...viewUser(person, select), id: person.id };
}

function nextRound(state: DeltaState, directory: Directory): DeltaState {
  return { ...state, since: state.until, until: directory.sequence, position: 0 };
}

function deltaLink(call: GraphCall, state: DeltaState): string {
  return link(call, "$deltatoken", state);
}

function nextLink(call: GraphCall, state: DeltaState): string {
  return link(call, "$skiptoken", state);
}

/** The token carries everything; nothing else of the first request is repeated. */
function link({ base, request }: GraphCall, name: string, state: DeltaState): string {
  const token = Buffer.from(JSON.stringify(state)).toString("base64url");
  const top = request.query.get("$top") ?? undefined;
  return linkTo(base, request.path, new URLSearchParams(), { $top: top, [name]: token });
}

function read(call: GraphCall, token: string): DeltaState {
  let state: DeltaState;
  try {
    state = JSON.parse(Buffer.from(token, "base64url").toString()) as DeltaState;
  } catch {
    throw refuse.badRequest("Badly formed token.");
  }
  if (typeof state.world !== "string" || typeof state.position !== "number") {
    throw refuse.badRequest("Badly formed token.");
  }
  if (state.world === call.simulation.world.id) return state;
  throw new GraphError(
    410,
    "syncStateNotFound",
    "The sync state generation is not found; a full synchronization is required.",
    { location: `${call.base}${call.request.path}` },
  );
}

function idsAsked(filter: Filter): string[] {
  const parts = filter.kind === "or" ? filter.parts : [filter];
  const ids = parts.flatMap((part) =>
    part.kind === "test" && part.path === "id" && part.operator === "eq"
      ? [String(part.value)]
      : [],
  );
  if (ids.length !== countTests(filter) || ids.length > maxIds) {
    throw new GraphError(
      400,
      "Request_UnsupportedQuery",
      `A delta query takes a $filter on up to ${maxIds} ids only.`,
    );
  }
  return ids;
}

function pageSizeAsked({ request }: GraphCall): number | undefined {
  const size = /odata\.maxpagesize=(\d{1,4})/i.exec(String(request.headers["prefer"] ?? ""))?.[1];
  return size === undefined ? undefined : Math.min(999, Math.max(1, Number(size)));
}
