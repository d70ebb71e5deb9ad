import type { Directory, Person } from "../state/directory";
import { GraphError, refuse } from "./errors";
import { countTests, passes, type Filter } from "./filter";
import type { GraphCall } from "./call";
import { checkSelect, linkTo, pick, readOptions } from "./query";
import { ok } from "./replies";
import { propertyNames } from "./schema";

const userProperties = propertyNames("microsoft.graph.user");
const listProperties = new Set(["businessPhones", "otherMails", "imAddresses", "assignedLicenses"]);

const defaultSelect = [
  "businessPhones",
  "displayName",
  "givenName",
  "jobTitle",
  "mail",
  "mobilePhone",
  "officeLocation",
  "preferredLanguage",
  "surname",
  "userPrincipalName",
  "id",
];

export function getUser(call: GraphCall) {
  const options = readOptions(call.request.query, ["$select"]);
  checkUserSelect(options.select);
  const person = requirePerson(call);
  return ok(call, "users/$entity", viewUser(person, options.select));
}

export function listUsers(call: GraphCall) {
  const { request, simulation, base } = call;
  const options = readOptions(
    request.query,
    ["$select", "$filter", "$top", "$skiptoken", "$count"],
    999,
  );
  checkUserSelect(options.select);
  if (options.wantsCount && !isEventual(call)) {
    throw unsupported("$count needs the header ConsistencyLevel: eventual.");
  }
  const { directory } = simulation.world;
  const found = search(directory, options.filter);
  const start = readPosition(options.skipToken);
  const top = options.top ?? 100;
  const page = found.slice(start, start + top);
  const end = start + page.length;
  const next =
    end < found.length
      ? linkTo(base, request.path, request.query, { $skiptoken: writePosition(end) })
      : undefined;
  return ok(call, "users", {
    ...(options.wantsCount ? { "@odata.count": found.length } : {}),
    ...(next === undefined ? {} : { "@odata.nextLink": next }),
    value: page.map((person) => viewUser(person, options.select)),
  });
}

const maxIds = 1000;

export function getByIds(call: GraphCall) {
  readOptions(call.request.query, ["$select"]);
  const body = call.readJson();
  const ids = body["ids"];
  if (!Array.isArray(ids) || ids.some((id) => typeof id !== "string")) {
    throw refuse.badRequest("The parameter 'ids' must be a collection of strings.");
  }
  if (ids.length > maxIds) throw refuse.badRequest(`At most ${maxIds} ids.`);
  const { directory } = call.simulation.world;
  const value = ids.flatMap((id) => {
    const person = directory.find(String(id));
    if (person === undefined || person.id !== id) return [];
    return [{ "@odata.type": "#microsoft.graph.user", ...viewUser(person, undefined) }];
  });
  return ok(call, "directoryObjects", { value });
}

export function listLicenses(call: GraphCall) {
  const person = requirePerson(call);
  const value = hasPlan(person)
    ? [
        {
          id: "simulated-license",
          skuId: "06ebc4ee-1bb5-47dd-8120-11324bc54e06",
          skuPartNumber: "SPE_E5",
          servicePlans: [],
        },
      ]
    : [];
  return ok(call, "users/licenseDetails", { value });
}

export function checkUserSelect(select: readonly string[] | undefined): void {
  checkSelect(select, userProperties, "Microsoft.DirectoryServices.User");
}

export function requirePerson(call: GraphCall): Person {
  const key = call.params["user"] ?? "";
  const person = call.simulation.world.directory.find(key);
  if (person === undefined) throw refuse.noSuchUser(key);
  return person;
}

export function viewUser(
  person: Person,
  select: readonly string[] | undefined,
): Record<string, unknown> {
  const known: Record<string, unknown> = {
    id: person.id,
    userPrincipalName: person.upn,
    displayName: person.displayName,
    givenName: person.displayName.split(" ")[0] ?? null,
    surname: person.displayName.split(" ").slice(1).join(" ") || null,
    mail: person.mail,
    proxyAddresses: person.proxyAddresses,
    accountEnabled: person.isEnabled,
    userType: person.userType,
    assignedPlans: hasPlan(person) ? [exchangePlan] : [],
  };
  if (select === undefined) return complete(pick(known, defaultSelect), defaultSelect);
  // What the directory knows nothing of is there and empty, as it is for most real people.
  return complete(pick(known, select), select);
}

function complete(view: Record<string, unknown>, names: readonly string[]) {
  for (const name of names) {
    if (!(name in view)) view[name] = listProperties.has(name) ? [] : null;
  }
  return view;
}

const exchangePlan = {
  assignedDateTime: "2024-01-15T08:00:00Z",
  capabilityStatus: "Enabled",
  service: "exchange",
  servicePlanId: "efb87545-963c-4e0d-99df-69c6916d9eb0",
};

function hasPlan(person: Person): boolean {
  return person.mailbox !== "none" && !person.isShared && person.userType === "Member";
}

const maxAlternatives = 15;

function search(directory: Directory, filter: Filter | undefined): Person[] {
  const present = (person: Person) => !person.isRemoved;
  if (filter === undefined) return directory.everybody.filter(present);
  if (filter.kind === "or" && countTests(filter) > maxAlternatives) {
    throw unsupported(
      `Too many child clauses specified in search filter expression containing 'OR' operators: ${countTests(filter)}. Max allowed: ${maxAlternatives}.`,
    );
  }
  checkFilter(filter);
  const addresses = addressesAsked(filter);
  const candidates =
    addresses === undefined
      ? directory.everybody
      : [...new Set(addresses.flatMap((address) => directory.candidates(address)))];
  return candidates.filter((person) => present(person) && matches(person, filter));
}

const filterable: Readonly<Record<string, readonly string[]>> = {
  id: ["eq"],
  mail: ["eq", "startswith"],
  userPrincipalName: ["eq", "startswith"],
  displayName: ["eq", "startswith"],
  userType: ["eq"],
  accountEnabled: ["eq"],
};

function checkFilter(filter: Filter): void {
  if (filter.kind === "and" || filter.kind === "or") return filter.parts.forEach(checkFilter);
  if (filter.kind === "any") {
    const { path, part, variable } = filter;
    const isPlain = part.kind === "test" && part.path === variable && part.operator === "eq";
    if (path === "proxyAddresses" && isPlain) return;
    throw unsupported(`Unsupported Query: the filter on '${path}'.`);
  }
  if (filter.kind === "test") {
    if (filterable[filter.path]?.includes(filter.operator) === true) return;
    throw unsupported(
      `Unsupported or invalid query filter clause specified for property '${filter.path}' of resource 'User'.`,
    );
  }
  throw unsupported("Unsupported Query: 'not' needs advanced query capabilities.");
}

/** The addresses that one of must fit, if the filter is nothing but such alternatives. */
function addressesAsked(filter: Filter): string[] | undefined {
  if (filter.kind === "or") {
    const lists = filter.parts.map(addressesAsked);
    return lists.every((list) => list !== undefined) ? lists.flat() : undefined;
  }
  const test = filter.kind === "any" ? filter.part : filter;
  if (test.kind !== "test" || test.operator !== "eq" || typeof test.value !== "string") return;
  const isAddress =
    filter.kind === "any" || test.path === "mail" || test.path === "userPrincipalName";
  return isAddress ? [test.value] : undefined;
}

function matches(person: Person, filter: Filter): boolean {
  if (filter.kind === "and") return filter.parts.every((part) => matches(person, part));
  if (filter.kind === "or") return filter.parts.some((part) => matches(person, part));
  if (filter.kind === "not") return !matches(person, filter.part);
  if (filter.kind === "any") {
    const { part } = filter;
    if (part.kind !== "test") return false;
    return person.proxyAddresses.some((address) => passes(address, part.operator, part.value));
  }
  return passes(viewUser(person, [filter.path])[filter.path], filter.operator, filter.value);
}

function isEventual(call: GraphCall): boolean {
  return call.request.headers["consistencylevel"] === "eventual";
}

function readPosition(token: string | undefined): number {
  if (token === undefined) return 0;
  const position = /^RFNwdA(\d{1,9})$/.exec(token)?.[1];
  if (position === undefined) throw refuse.badRequest("The $skiptoken is not one of ours.");
  return Number(position);
}

function writePosition(position: number): string {
  return `RFNwdA${position}`;
}

function unsupported(message: string): GraphError {
  return new GraphError(400, "Request_UnsupportedQuery", message);
}
