import openApi from "../graph-openapi-subset.json";
import { refuse } from "./errors";

type Schema = {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly nullable?: boolean;
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly allOf?: readonly Schema[];
};

type Check = (value: unknown, where: string) => void;

const schemas = openApi.components.schemas as unknown as Readonly<Record<string, Schema>>;
const prefix = "#/components/schemas/";

/** Refuses a body that does not fit the type: unknown properties, and values of another kind. */
export function checkBody(type: string, value: unknown): void {
  checkFor({ $ref: `${prefix}${type}` })(value, type);
}

/** The names of the type's own and inherited properties. */
export function propertyNames(type: string): ReadonlySet<string> {
  return new Set(Object.keys(propertiesOf(schemas[type] ?? {})));
}

const checks = new Map<string, Check>();

function checkFor(schema: Schema): Check {
  if (schema.$ref !== undefined) return checkNamed(schema.$ref.slice(prefix.length));
  if (schema.enum !== undefined) return checkWord(schema.enum);
  if (schema.type === "array") return checkList(checkFor(schema.items ?? {}));
  if (schema.type === "object" || schema.allOf !== undefined) {
    return checkObject(schema, "an object");
  }
  const check = checkScalar(schema);
  if (schema.nullable !== true) return check;
  return (value, where) => {
    if (value !== null) check(value, where);
  };
}

/** Types refer to each other in circles, so each is made when it is first needed. */
function checkNamed(type: string): Check {
  return (value, where) => {
    let check = checks.get(type);
    if (check === undefined) {
      const schema = schemas[type] ?? {};
      check = schema.enum === undefined ? checkObject(schema, type) : checkWord(schema.enum);
      checks.set(type, check);
    }
    check(value, where);
  };
}

function checkObject(schema: Schema, type: string): Check {
  const properties = new Map(
    Object.entries(propertiesOf(schema)).map(([name, each]) => [name, checkFor(each)]),
  );
  return (value, where) => {
    if (value === null) return;
    if (typeof value !== "object" || Array.isArray(value)) throw mismatch(where, "an object");
    const derived = derivedType(value, type);
    if (derived !== undefined) return checkNamed(derived)(value, where);
    for (const [name, each] of Object.entries(value)) {
      const check = properties.get(name);
      if (check !== undefined) check(each, name);
      // Annotations such as @odata.type may stand anywhere.
      else if (!name.includes("@odata.")) throw unknownProperty(name, type);
    }
  };
}

/** Where a base type is asked for, the value may say that it is one of the types derived from it. */
function derivedType(value: object, type: string): string | undefined {
  const named = (value as Record<string, unknown>)["@odata.type"];
  if (typeof named !== "string") return undefined;
  const name = named.replace(/^#/, "");
  if (name === type) return undefined;
  if (inherits(name, type)) return name;
  throw refuse.unreadable(`The type '${name}' is not derived from '${type}'.`);
}

function inherits(name: string, type: string): boolean {
  const bases = (schemas[name]?.allOf ?? []).flatMap(
    ({ $ref }) => $ref?.slice(prefix.length) ?? [],
  );
  return bases.some((base) => base === type || inherits(base, type));
}

function checkList(check: Check): Check {
  return (value, where) => {
    if (!Array.isArray(value)) throw mismatch(where, "an array");
    for (const each of value) check(each, where);
  };
}

function checkWord(words: readonly string[]): Check {
  const known = new Set(words.map((word) => word.toLowerCase()));
  return (value, where) => {
    if (value === null) return;
    if (typeof value !== "string" || !known.has(value.toLowerCase())) {
      throw mismatch(where, `one of ${words.join(", ")}`);
    }
  };
}

function checkScalar({ type, format }: Schema): Check {
  if (type === "boolean") return checkType("boolean");
  if (type === "integer") {
    return (value, where) => {
      if (!Number.isSafeInteger(value)) throw mismatch(where, "an integer");
    };
  }
  if (type === "number") return checkType("number");
  if (type !== "string") return () => {};
  if (format === "date-time") return checkText(isDateTime, "Edm.DateTimeOffset");
  if (format === "byte") return checkText(isBase64, "Edm.Binary");
  return checkType("string");
}

function checkType(kind: "boolean" | "number" | "string"): Check {
  return (value, where) => {
    if (typeof value !== kind) throw mismatch(where, `a ${kind}`);
  };
}

function checkText(fits: (text: string) => boolean, kind: string): Check {
  return (value, where) => {
    if (typeof value !== "string" || !fits(value)) throw mismatch(where, kind);
  };
}

export function isDateTime(text: string): boolean {
  const pattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,7})?)?(Z|[+-]\d\d:\d\d)$/;
  return pattern.test(text) && !Number.isNaN(Date.parse(text));
}

export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

function propertiesOf(schema: Schema): Record<string, Schema> {
  if (schema.$ref !== undefined)
    return propertiesOf(schemas[schema.$ref.slice(prefix.length)] ?? {});
  const own = Object.entries(schema.properties ?? {});
  const inherited = (schema.allOf ?? []).flatMap((base) => Object.entries(propertiesOf(base)));
  return Object.fromEntries([...inherited, ...own]);
}

function unknownProperty(name: string, type: string) {
  return refuse.unreadable(
    `The property '${name}' does not exist on type '${type}'. Make sure to only use property names that are defined by the type.`,
  );
}

function mismatch(where: string, wanted: string) {
  return refuse.unreadable(`Cannot convert a value of '${where}': expected ${wanted}.`);
}
