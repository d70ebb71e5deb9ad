import type { Request } from "../http/reply";

/** Says what is wrong with a control request; answered as 400 with its message. */
export class BadInput extends Error {
  override readonly name = "BadInput";
}

export function readJson({ body }: Request): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new BadInput("The body is not JSON.");
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

/** Reads one property of an object and says where it stood if it does not fit. */
export type Reader<T> = (value: unknown, where: string) => T;

export const text: Reader<string> = (value, where) => {
  if (typeof value === "string") return value;
  throw new BadInput(`${where} must be a string.`);
};

export const truth: Reader<boolean> = (value, where) => {
  if (typeof value === "boolean") return value;
  throw new BadInput(`${where} must be true or false.`);
};

export const count: Reader<number> = (value, where) => {
  if (typeof value === "number" && Number.isFinite(value) && value >= 0) return value;
  throw new BadInput(`${where} must be a number that is not negative.`);
};

export const object: Reader<JsonObject> = (value, where) => {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as JsonObject;
  }
  throw new BadInput(`${where} must be an object.`);
};

export const anything: Reader<unknown> = (value) => value;

export function list<T>(read: Reader<T>): Reader<readonly T[]> {
  return (value, where) => {
    if (!Array.isArray(value)) throw new BadInput(`${where} must be a list.`);
    return value.map((entry, index) => read(entry, `${where}[${index}]`));
  };
}

export function oneOf<T extends string>(...words: readonly T[]): Reader<T> {
  return (value, where) => {
    const word = words.find((candidate) => candidate === value);
    if (word !== undefined) return word;
    throw new BadInput(`${where} must be one of ${words.join(", ")}.`);
  };
}

export function orNull<T>(read: Reader<T>): Reader<T | null> {
  return (value, where) => (value === null ? null : read(value, where));
}

export function required<T>(from: JsonObject, name: string, where: string, read: Reader<T>): T {
  return read(from[name], where === "" ? name : `${where}.${name}`);
}

/** The property if it is there; a property that is there must fit. */
export function optional<T>(
  from: JsonObject,
  name: string,
  where: string,
  read: Reader<T>,
): T | undefined {
  return from[name] === undefined ? undefined : required(from, name, where, read);
}

/** Only the properties that were given, so that they can be laid over what is there. */
export function given<T extends object>(values: { [K in keyof T]: T[K] | undefined }): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Partial<T>;
}
