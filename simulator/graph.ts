import { Gatekeeper, requireRole, type Caller } from "./graph/access";
import { batch } from "./graph/batch";
import { GraphCall } from "./graph/call";
import { GraphError, errorReply, refuse } from "./graph/errors";
import { findRoute, mailboxOf, normalizePath } from "./graph/routes";
import { findUpload, receiveUpload, uploadPath } from "./graph/uploads";
import { header, type Reply, type Request, type RequestHead } from "./http/reply";
import type { Admission, Door } from "./http/serve";
import type { Simulation } from "./simulation";
import type { Throttled } from "./state/throttle";

const bodyLimitBytes = 4 * 1024 * 1024;

/** Microsoft Graph v1.0: the directory, and Exchange Online behind it. */
export function graphDoor(simulation: Simulation): Door {
  const gatekeeper = new Gatekeeper(simulation);

  return {
    service: "graph",
    bodyLimitBytes,
    latencyMs: () => simulation.latency.graph,
    routeOf,
    tooLarge: (request) => errorReply(refuse.tooLarge(), request, simulation.clock),
    failed: (request, thrown) => toReply(simulation, request, thrown),
    async admit(request) {
      const upload = isUpload(request) ? findUpload(simulation, request) : undefined;
      if (upload !== undefined) return enter(simulation, request, upload.appId, upload.personId);
      if (isUpload(request)) return {};
      try {
        const caller = await gatekeeper.check(request);
        const mailbox = mailboxOf(request.path);
        return mailbox === undefined ? {} : enter(simulation, request, caller.appId, mailbox);
      } catch (thrown) {
        return { refusal: toReply(simulation, request, thrown) };
      }
    },
    async answer(request) {
      if (isUpload(request)) return receiveUpload(simulation, request);
      const caller = await gatekeeper.check(request);
      const base = `http://${header(request.headers, "host") ?? new URL(simulation.urls.graph).host}`;
      if (request.method === "POST" && request.path === "/v1.0/$batch") {
        const call = new GraphCall(simulation, request, {}, caller, base);
        return batch(call, (part) => performPart(simulation, part, caller, base));
      }
      return perform(simulation, request, caller, base);
    },
  };
}

async function perform(
  simulation: Simulation,
  request: Request,
  caller: Caller,
  base: string,
): Promise<Reply> {
  const found = findRoute(request.method, normalizePath(request.path));
  if (found.outcome === "malformed") throw refuse.badRequest("The path is not valid.");
  if (found.outcome === "method not allowed") {
    throw new GraphError(
      405,
      "BadRequest",
      "Specified HTTP method is not allowed for the request target.",
    );
  }
  if (found.outcome === "not found") {
    const segment = request.path.split("/").at(-1) ?? "";
    throw refuse.badRequest(`Resource not found for the segment '${segment}'.`);
  }
  requireRole(caller, ...found.handler.anyOf);
  return found.handler.answer(new GraphCall(simulation, request, found.params, caller, base));
}

/** A part of a batch knows the same limits as a request of its own. */
async function performPart(
  simulation: Simulation,
  request: Request,
  caller: Caller,
  base: string,
): Promise<Reply> {
  const mailbox = mailboxOf(request.path);
  const admission = mailbox === undefined ? {} : enter(simulation, request, caller.appId, mailbox);
  let reply: Reply;
  try {
    reply =
      admission.refusal ??
      admission.weigh?.(request.body.length) ??
      (await perform(simulation, request, caller, base));
  } catch (thrown) {
    reply = toReply(simulation, request, thrown);
  } finally {
    admission.release?.();
  }
  const route = routeOf(request.method, request.path);
  simulation.stats.count("graph", request.method, route, reply.status);
  return reply;
}

/** Counts a request into the limits of one application in one mailbox. */
function enter(
  simulation: Simulation,
  request: RequestHead,
  appId: string,
  user: string,
): Admission {
  const { throttle, stats, world } = simulation;
  const person = world.directory.findEver(user);
  const upn = person?.upn ?? user;
  const key = `${appId}|${person?.id ?? user.toLowerCase()}`;
  const refusal = (throttled: Throttled): Reply => {
    stats.sawThrottled(upn);
    return tooMany(simulation, request, throttled);
  };
  const { inFlight, throttled } = throttle.enter(key);
  stats.sawConcurrency(upn, inFlight);
  const isUploading = ["POST", "PUT", "PATCH"].includes(request.method);
  return {
    ...(throttled === undefined ? {} : { refusal: refusal(throttled) }),
    weigh: (bodyBytes) => {
      const tooHeavy = isUploading ? throttle.weigh(key, bodyBytes) : undefined;
      return tooHeavy === undefined ? undefined : refusal(tooHeavy);
    },
    release: () => throttle.leave(key),
  };
}

function tooMany(
  simulation: Simulation,
  request: RequestHead,
  { limit, retryAfterSeconds }: Throttled,
): Reply {
  const error = new GraphError(
    429,
    "ApplicationThrottled",
    `Application is over its ${limit} limit.`,
    { "retry-after": String(retryAfterSeconds) },
  );
  return errorReply(error, request, simulation.clock);
}

function toReply(simulation: Simulation, request: RequestHead, thrown: unknown): Reply {
  if (thrown instanceof GraphError) return errorReply(thrown, request, simulation.clock);
  const detail = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  process.stderr.write(`graph: ${detail}\n`);
  const error = new GraphError(
    500,
    "ErrorInternalServerError",
    "An internal server error occurred.",
  );
  return errorReply(error, request, simulation.clock);
}

function routeOf(method: string, path: string): string {
  if (path.startsWith(uploadPath)) return `${uploadPath}{session}`;
  if (path === "/v1.0/$batch") return path;
  const found = findRoute(method, normalizePath(path));
  return "pattern" in found ? found.pattern : "(unknown)";
}

function isUpload(request: RequestHead): boolean {
  return request.path.startsWith(uploadPath);
}
