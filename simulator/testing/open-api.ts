import Ajv, { type ValidateFunction } from "ajv";
import openApi from "../graph-openapi-subset.json";

type Operation = { readonly responses: Readonly<Record<string, unknown>> };
type PathItem = Readonly<Record<string, Operation>>;

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
ajv.addFormat("date-time", (text) => !Number.isNaN(Date.parse(text)));
ajv.addFormat("byte", /^[A-Za-z0-9+/]*={0,2}$/);
ajv.addFormat("uuid", /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i);
ajv.addFormat("int32", { type: "number", validate: (value) => Math.abs(value) <= 0x80000000 });
ajv.addFormat("int64", { type: "number", validate: Number.isSafeInteger });
for (const format of ["binary", "date", "double", "single", "duration", "time"]) {
  ajv.addFormat(format, true);
}
ajv.addSchema(openApi, "graph");

const compiled = new Map<string, ValidateFunction>();

/** What is wrong with an answer of Graph, by the published description; nothing if all is well. */
export function complaints(
  method: string,
  path: string,
  status: number,
  body: unknown,
): string | undefined {
  const pattern = patternFor(path);
  if (pattern === undefined) return undefined;
  const operation = itemAt(pattern)?.[method.toLowerCase()];
  // What is not described can only be refused.
  if (operation === undefined) return status >= 400 ? undefined : `${method} ${pattern}?`;
  const pointer = schemaPointer(operation, pattern, method.toLowerCase(), status);
  if (pointer === "no content") return body === undefined ? undefined : "a body where none may be";
  if (pointer === undefined) return `${method} ${pattern} never answers ${status}`;
  let validate = compiled.get(pointer);
  if (validate === undefined) {
    validate = ajv.compile({ $ref: `graph#${pointer}` });
    compiled.set(pointer, validate);
  }
  return validate(body) ? undefined : ajv.errorsText(validate.errors, { separator: "\n" });
}

const patterns = Object.keys(openApi.paths).sort(
  (a, b) => (a.match(/\{/g)?.length ?? 0) - (b.match(/\{/g)?.length ?? 0),
);

function patternFor(path: string): string | undefined {
  const asked = path.replace(/^\/v1\.0/, "").replace(/\/users\/delta$/, "/users/delta()");
  return patterns.find((pattern) => {
    const source = pattern.replace(/[.*+?^$()|[\]\\]/g, "\\$&").replace(/\{[^}]+\}/g, "[^/]+");
    return new RegExp(`^${source}$`).test(asked);
  });
}

function itemAt(pattern: string): PathItem | undefined {
  return (openApi.paths as unknown as Readonly<Record<string, PathItem>>)[pattern];
}

function schemaPointer(
  { responses }: Operation,
  pattern: string,
  method: string,
  status: number,
): string | undefined {
  const key = [String(status), `${Math.floor(status / 100)}XX`].find((each) => each in responses);
  if (key === undefined) return undefined;
  const response = responses[key] as { $ref?: string; content?: Record<string, unknown> };
  if (response.$ref !== undefined) {
    return `${response.$ref.slice(1)}/content/application~1json/schema`;
  }
  const [type] = Object.keys(response.content ?? {});
  if (type === undefined) return "no content";
  const where = pattern.replaceAll("~", "~0").replaceAll("/", "~1");
  const path = encodeURI(`/paths/${where}/${method}/responses/${key}/content/`);
  return `${path}${type.replaceAll("/", "~1")}/schema`;
}
