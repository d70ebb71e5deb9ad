import { json, noContent } from "../http/reply";
import type { Effect } from "../state/faults";
import type { ControlHandler } from "./handler";
import {
  anything,
  BadInput,
  count,
  given,
  object,
  oneOf,
  optional,
  readJson,
  required,
  text,
  truth,
  type JsonObject,
  type Reader,
} from "./read";

export const postFault: ControlHandler = ({ faults }, request) => {
  const body = object(readJson(request), "The body");
  const method = optional(body, "method", "", text)?.toUpperCase();
  faults.add({
    service: required(body, "service", "", oneOf("graph", "entra", "telemessage")),
    ...(method === undefined ? {} : { method }),
    path: required(body, "path", "", pattern),
    times: optional(body, "times", "", count) ?? 1,
    skip: optional(body, "skip", "", count) ?? 0,
    effect: readEffect(required(body, "effect", "", object)),
  });
  return json(200, { faults: faults.list() });
};

export const listFaults: ControlHandler = ({ faults }) => json(200, { faults: faults.list() });

export const deleteFaults: ControlHandler = ({ faults }) => {
  faults.clear();
  return noContent;
};

function readEffect(effect: JsonObject): Effect {
  const where = "effect";
  return given<Required<Effect>>({
    status: optional(effect, "status", where, status),
    headers: optional(effect, "headers", where, headers),
    body: optional(effect, "body", where, anything),
    delayMs: optional(effect, "delayMs", where, count),
    loseResponse: optional(effect, "loseResponse", where, truth),
    cutBodyAfter: optional(effect, "cutBodyAfter", where, count),
  });
}

const pattern: Reader<string> = (value, where) => {
  const source = text(value, where);
  try {
    new RegExp(source);
    return source;
  } catch {
    throw new BadInput(`${where} must be a regular expression.`);
  }
};

const status: Reader<number> = (value, where) => {
  const number = count(value, where);
  if (Number.isInteger(number) && number >= 200 && number <= 599) return number;
  throw new BadInput(`${where} must be a status between 200 and 599.`);
};

const headers: Reader<Readonly<Record<string, string>>> = (value, where) =>
  Object.fromEntries(
    Object.entries(object(value, where)).map(([name, each]) => [
      name.toLowerCase(),
      typeof each === "number" ? String(each) : text(each, `${where}.${name}`),
    ]),
  );
