import type { Reply, Request } from "../http/reply";
import type { GraphCall } from "./call";
import { GraphError, refuse } from "./errors";
import { ok } from "./replies";

const maxParts = 20;
const methods = ["GET", "POST", "PATCH", "PUT", "DELETE"];

type Part = {
  readonly id: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly dependsOn: readonly string[];
};

type Answer = {
  readonly id: string;
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
};

/**
 * Several requests in one. Each is answered, counted and limited by itself; the batch is 200 whatever
 * becomes of them. Answers come back in another order than they were asked in: nobody may rely on it.
 */
export async function batch(
  call: GraphCall,
  perform: (request: Request) => Promise<Reply>,
): Promise<Reply> {
  const parts = readParts(call.readJson());
  const answers: Answer[] = [];
  for (const part of parts) {
    const failed = part.dependsOn.some(
      (id) => (answers.find((answer) => answer.id === id)?.status ?? 500) >= 400,
    );
    answers.push(failed ? dependencyFailed(part.id) : await answerPart(call, part, perform));
  }
  return ok(call, "$batch", { responses: answers.reverse() });
}

async function answerPart(
  call: GraphCall,
  part: Part,
  perform: (request: Request) => Promise<Reply>,
): Promise<Answer> {
  const target = `/v1.0${part.url}`;
  const mark = target.indexOf("?");
  const reply = await perform({
    method: part.method,
    target,
    path: mark === -1 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark === -1 ? "" : target.slice(mark + 1)),
    headers: { ...part.headers, authorization: call.request.headers.authorization },
    body:
      part.body === undefined
        ? Buffer.alloc(0)
        : Buffer.from(typeof part.body === "string" ? part.body : JSON.stringify(part.body)),
  });
  const headers = Object.fromEntries(
    Object.entries(reply.headers ?? {}).map(([name, value]) => [headerName(name), String(value)]),
  );
  const body = await readContent(reply);
  return { id: part.id, status: reply.status, headers, ...(body === undefined ? {} : { body }) };
}

async function readContent({ content, headers }: Reply): Promise<unknown> {
  if (content === undefined) return undefined;
  const chunks: Buffer[] = [];
  if (typeof content === "string") chunks.push(Buffer.from(content));
  else if (Buffer.isBuffer(content)) chunks.push(content);
  else for await (const chunk of content) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const isJson = String(headers?.["content-type"] ?? "").startsWith("application/json");
  return isJson ? JSON.parse(bytes.toString()) : bytes.toString("base64");
}

function readParts(body: Record<string, unknown>): Part[] {
  const { requests } = body;
  if (!Array.isArray(requests) || requests.length === 0) {
    throw invalid("The batch must contain a collection 'requests' that is not empty.");
  }
  if (requests.length > maxParts) {
    throw new GraphError(
      400,
      "MaximumValueExceeded",
      `Number of batch request steps exceeds the maximum value of '${maxParts}'.`,
    );
  }
  const parts = requests.map(readPart);
  const seen = new Set<string>();
  for (const { id, dependsOn } of parts) {
    if (seen.has(id)) throw invalid(`The request id '${id}' is there twice.`);
    const unknown = dependsOn.find((other) => !seen.has(other));
    if (unknown !== undefined)
      throw invalid(`'${id}' depends on '${unknown}', which is not before it.`);
    seen.add(id);
  }
  return parts;
}

function readPart(value: unknown): Part {
  const { id, method, url, headers, body, dependsOn } = (value ?? {}) as Record<string, unknown>;
  if (typeof id !== "string" || id === "") throw invalid("Every request needs an 'id'.");
  if (typeof method !== "string" || !methods.includes(method.toUpperCase())) {
    throw invalid(`The method of request '${id}' is not valid.`);
  }
  if (typeof url !== "string" || !/^\/?[^/:?#]+([/?#]|$)/.test(url) || url.includes("$batch")) {
    throw invalid(`The url of request '${id}' must be relative.`);
  }
  const lower: Record<string, string> = {};
  for (const [name, each] of Object.entries((headers ?? {}) as Record<string, unknown>)) {
    lower[name.toLowerCase()] = String(each);
  }
  if (body !== undefined && lower["content-type"] === undefined) {
    throw invalid(`Request '${id}' has a body and no Content-Type.`);
  }
  return {
    id,
    method: method.toUpperCase(),
    url: url.startsWith("/") ? url : `/${url}`,
    headers: lower,
    body,
    dependsOn: Array.isArray(dependsOn) ? dependsOn.map(String) : [],
  };
}

function dependencyFailed(id: string): Answer {
  const message = "A request that this one depends on has failed.";
  return { id, status: 424, body: { error: { code: "FailedDependency", message } } };
}

function headerName(name: string): string {
  return name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

function invalid(message: string): GraphError {
  return refuse.badRequest(`Invalid batch payload format: ${message}`);
}
