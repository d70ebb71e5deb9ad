import { refuse, GraphError } from "./errors";
import { parseFilter, type Filter } from "./filter";

export type Expansion = {
  readonly name: string;
  readonly select: readonly string[] | undefined;
  readonly filter: Filter | undefined;
};

/** The OData options of one request, each checked; one that the path does not know is refused. */
export type QueryOptions = {
  readonly select: readonly string[] | undefined;
  readonly filter: Filter | undefined;
  readonly expand: readonly Expansion[];
  readonly top: number | undefined;
  readonly skip: number;
  readonly skipToken: string | undefined;
  readonly deltaToken: string | undefined;
  readonly orderBy: string | undefined;
  readonly wantsCount: boolean;
  readonly includeHidden: boolean;
};

export type OptionName =
  | "$select"
  | "$filter"
  | "$expand"
  | "$top"
  | "$skip"
  | "$skiptoken"
  | "$deltatoken"
  | "$orderby"
  | "$count"
  | "includeHiddenFolders";

export function readOptions(
  query: URLSearchParams,
  allowed: readonly OptionName[],
  maxTop = 1000,
): QueryOptions {
  const values = new Map<string, string>();
  for (const [given, value] of query) {
    // Graph takes the options without their dollar as well.
    const name = allowed.find((option) => option === given || option === `$${given}`);
    if (name === undefined) {
      throw refuse.badRequest(`The query parameter '${given}' is not supported on this path.`);
    }
    if (values.has(name)) {
      throw refuse.badRequest(`Query option '${name}' was specified more than once.`);
    }
    values.set(name, value);
  }
  const filter = values.get("$filter");
  return {
    select: readSelect(values.get("$select")),
    filter: filter === undefined ? undefined : parseFilter(filter),
    expand: readExpand(values.get("$expand")),
    top: readNumber("$top", values.get("$top"), 1, maxTop),
    skip: readNumber("$skip", values.get("$skip"), 0, 10_000_000) ?? 0,
    skipToken: values.get("$skiptoken"),
    deltaToken: values.get("$deltatoken"),
    orderBy: values.get("$orderby"),
    wantsCount: readTruth("$count", values.get("$count")),
    includeHidden: readTruth("includeHiddenFolders", values.get("includeHiddenFolders")),
  };
}

/** The same request, continued elsewhere: the address that a next or delta link names. */
export function linkTo(
  base: string,
  path: string,
  query: URLSearchParams,
  changes: Readonly<Record<string, string | undefined>>,
): string {
  const parameters = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    parameters.delete(name);
    parameters.delete(name.replace("$", ""));
    if (value !== undefined) parameters.set(name, value);
  }
  // Graph leaves the dollar of its own options as it is, and spaces are %20 in an address.
  const text = parameters.toString().replaceAll("%24", "$").replaceAll("+", "%20");
  return `${base}${path}${text === "" ? "" : `?${text}`}`;
}

/** Only the selected properties, and annotations. */
export function pick(
  value: Readonly<Record<string, unknown>>,
  select: readonly string[] | undefined,
): Record<string, unknown> {
  if (select === undefined) return { ...value };
  const wanted = new Set(select);
  return Object.fromEntries(
    Object.entries(value).filter(([name]) => wanted.has(name) || name.startsWith("@odata.")),
  );
}

/** Refuses names that the type does not have, as Graph does. */
export function checkSelect(
  select: readonly string[] | undefined,
  known: ReadonlySet<string>,
  type: string,
): void {
  const unknown = select?.find((name) => !known.has(name));
  if (unknown !== undefined) {
    throw new GraphError(
      400,
      "BadRequest",
      `Parsing OData Select and Expand failed: Could not find a property named '${unknown}' on type '${type}'.`,
    );
  }
}

function readSelect(text: string | undefined): string[] | undefined {
  if (text === undefined) return undefined;
  const names = text.split(",").map((name) => name.trim());
  if (names.some((name) => name === "")) throw refuse.badRequest("Invalid $select.");
  return names.includes("*") ? undefined : names;
}

function readExpand(text: string | undefined): Expansion[] {
  if (text === undefined) return [];
  return splitOutside(text, ",").map((part) => {
    const match = /^\s*([A-Za-z]+)\s*(?:\((.*)\))?\s*$/s.exec(part);
    if (match === null) throw refuse.badRequest(`Invalid $expand: '${part}'.`);
    const [, name = "", inner] = match;
    let select: string[] | undefined;
    let filter: Filter | undefined;
    for (const option of inner === undefined ? [] : splitOutside(inner, ";")) {
      const equals = option.indexOf("=");
      const key = option.slice(0, equals).trim();
      const value = option.slice(equals + 1);
      if (key === "$select") select = readSelect(value);
      else if (key === "$filter") filter = parseFilter(value);
      else throw refuse.badRequest(`The option '${key}' is not supported in $expand.`);
    }
    return { name, select, filter };
  });
}

/** Splits at a sign that stands neither in quotes nor in parentheses. */
function splitOutside(text: string, sign: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let isQuoted = false;
  let start = 0;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (character === "'") isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (character === sign && depth === 0) {
      parts.push(text.slice(start, index));
      start = index + 1;
    }
  }
  return [...parts, text.slice(start)];
}

function readNumber(
  name: string,
  text: string | undefined,
  least: number,
  most: number,
): number | undefined {
  if (text === undefined) return undefined;
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw refuse.badRequest(`Invalid value '${text}' for ${name}: ${least} to ${most}.`);
}

function readTruth(name: string, text: string | undefined): boolean {
  if (text === undefined || /^false$/i.test(text)) return false;
  if (/^true$/i.test(text)) return true;
  throw refuse.badRequest(`Invalid value '${text}' for ${name}.`);
}
