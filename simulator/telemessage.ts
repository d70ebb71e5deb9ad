import { randomUUID } from "node:crypto";
import { header, json, type Reply, type Request } from "./http/reply";
import { router } from "./http/router";
import type { Door } from "./http/serve";
import type { Simulation } from "./simulation";
import { serveBytes } from "./telemessage/bytes";
import { cutPage, type Progress } from "./telemessage/pages";
import { readInstant, readLimit, readPlainQuery } from "./telemessage/query";

type Handler = (
  simulation: Simulation,
  request: Request,
  params: Readonly<Record<string, string>>,
) => Promise<Reply> | Reply;

const find = router<Handler>([
  { method: "POST", pattern: "/v1/session", handler: openSession },
  { method: "GET", pattern: "/v1/archive/items", handler: signedIn(listItems) },
  { method: "GET", pattern: "/v1/archive/manifest", handler: signedIn(readManifest) },
  { method: "GET", pattern: "/v1/archive/attachments/{id}", handler: signedIn(readAttachment) },
  { method: "GET", pattern: "/v1/account/users", handler: signedIn(listUsers) },
]);

/** TeleMessage's archive API, contract v1. */
export function telemessageDoor(simulation: Simulation): Door {
  return {
    service: "telemessage",
    bodyLimitBytes: 64 * 1024,
    latencyMs: () => simulation.latency.telemessage,
    routeOf: (method, path) => {
      const found = find(method, path);
      return found.outcome === "found" ? found.pattern : "(unknown)";
    },
    tooLarge: () => named(refused(413, "request_too_large")),
    failed: (_request, thrown) => {
      process.stderr.write(`telemessage: ${String(thrown)}\n`);
      return named(refused(500, "internal_error"));
    },
    async answer(request) {
      const found = find(request.method, request.path);
      if (found.outcome === "malformed") return named(refused(400, "invalid_request"));
      if (found.outcome === "not found") return named(refused(404, "not_found"));
      if (found.outcome === "method not allowed") return named(refused(405, "method_not_allowed"));
      return named(await found.handler(simulation, request, found.params));
    },
  };
}

function openSession({ world }: Simulation, { body }: Request): Reply {
  const credentials = readCredentials(body);
  if (credentials === undefined) return refused(400, "invalid_request");
  const { account } = world;
  const signIn = account.signIn(credentials.username, credentials.password);
  if (signIn.outcome !== "signed in") return refused(statuses[signIn.outcome], signIn.outcome);
  const { accountId, accountName, tokenTtlSeconds } = account.settings;
  return json(200, {
    token: signIn.token,
    expiresInSeconds: tokenTtlSeconds,
    account: { id: accountId, name: accountName },
  });
}

const statuses = { invalid_credentials: 401, account_locked: 423, no_archive_access: 403 } as const;

/** Every other request needs a session; a token that was never issued is answered like an old one. */
function signedIn(handler: Handler): Handler {
  return (simulation, request, params) => {
    const authorization = header(request.headers, "authorization") ?? "";
    const token = /^Bearer ([^\s]+)$/i.exec(authorization)?.[1];
    if (token === undefined || !simulation.world.account.isSignedIn(token)) {
      return refused(401, "token_expired");
    }
    return handler(simulation, request, params);
  };
}

function listItems(simulation: Simulation, { query }: Request): Reply {
  const { account, archive, cursors } = simulation.world;
  const asked = readPlainQuery(query, ["service", "from", "to", "limit", "cursor"]);
  if (asked?.service !== "whatsapp") return refused(400, "invalid_request");
  const window = readWindow(asked);
  const limit = readLimit(asked.limit);
  if (window === undefined) return refused(400, "invalid_window");
  if (limit === undefined) return refused(400, "invalid_request");

  const { settings } = account;
  let progress: Progress = { window: { ...window, limit }, after: null, paused: false };
  if (asked.cursor !== undefined) {
    const read = cursors.read(asked.cursor, settings.cursorTtlSeconds);
    if (read === "expired") return refused(410, "cursor_expired");
    const { from, to, limit: boundLimit } = read.window;
    if (from !== window.from || to !== window.to || boundLimit !== limit) {
      return refused(400, "invalid_window");
    }
    progress = read;
  }
  const expired = windowExpired(window.from, settings.oldestAvailable);
  if (expired !== undefined) return expired;

  const { records, next } = cutPage(archive, progress, settings.pages, simulation.nextTurn());
  const nextCursor = JSON.stringify(next === undefined ? null : cursors.write(next));
  const parts: Buffer[] = [Buffer.from('{"items":[')];
  records.forEach((record, index) => {
    if (index > 0) parts.push(comma);
    parts.push(record.json);
  });
  parts.push(Buffer.from(`],"nextCursor":${nextCursor}}`));
  return {
    status: 200,
    headers: { "content-type": "application/json; charset=utf-8" },
    content: Buffer.concat(parts),
  };
}

const comma = Buffer.from(",");

function readManifest({ world }: Simulation, { query }: Request): Reply {
  const asked = readPlainQuery(query, ["service", "from", "to"]);
  if (asked?.service !== "whatsapp") return refused(400, "invalid_request");
  const window = readWindow(asked);
  if (window === undefined) return refused(400, "invalid_window");
  const { settings } = world.account;
  const expired = windowExpired(window.from, settings.oldestAvailable);
  if (expired !== undefined) return expired;
  const { count, sha256 } = world.archive.manifest(window.from, window.to);
  if (settings.manifest === "true") return json(200, { count, sha256 });
  return json(200, { count: count + 1, sha256: [...sha256].reverse().join("") });
}

async function readAttachment(
  { world }: Simulation,
  { headers }: Request,
  { id = "" }: Readonly<Record<string, string>>,
): Promise<Reply> {
  const attachment = world.archive.attachment(id);
  if (attachment === undefined) return refused(404, "attachment_gone");
  const { bytes, contentType } = attachment;
  const digest = `sha-256=${(await bytes.sha256()).toString("base64")}`;
  return serveBytes(bytes, header(headers, "range"), { "content-type": contentType, digest });
}

const usersPerPage = 200;

function listUsers({ world }: Simulation, { query }: Request): Reply {
  const asked = readPlainQuery(query, ["cursor"]);
  if (asked === undefined) return refused(400, "invalid_request");
  const start = asked.cursor === undefined ? 0 : Number(/^u(\d{1,9})$/.exec(asked.cursor)?.[1]);
  if (Number.isNaN(start)) return refused(410, "cursor_expired");
  const { users } = world.account.settings;
  const end = start + usersPerPage;
  const nextCursor = end < users.length ? `u${end}` : null;
  return json(200, { users: users.slice(start, end), nextCursor });
}

function readWindow(asked: Record<string, string>): { from: number; to: number } | undefined {
  const from = readInstant(asked.from);
  const to = readInstant(asked.to);
  return from === undefined || to === undefined || from >= to ? undefined : { from, to };
}

function windowExpired(from: number, oldestAvailable: number | null): Reply | undefined {
  if (oldestAvailable === null || from >= oldestAvailable) return undefined;
  const oldest = new Date(oldestAvailable).toISOString();
  return json(410, { error: "window_expired", oldestAvailable: oldest });
}

function readCredentials(body: Buffer): { username: string; password: string } | undefined {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (typeof value !== "object" || value === null) return undefined;
    const { username, password } = value as Record<string, unknown>;
    if (typeof username !== "string" || typeof password !== "string") return undefined;
    return { username, password };
  } catch {
    return undefined;
  }
}

function refused(status: number, error: string): Reply {
  return json(status, { error });
}

function named(reply: Reply): Reply {
  return { ...reply, headers: { ...reply.headers, "x-request-id": randomUUID() } };
}
