/** The simulator's control interface, as far as the rows need it. */
import { grantConsent } from "@/lib/testing/simulated-consent";
import type { Services } from "./services";
import { administrator, chatWorld, type WorldSize } from "./world";

export const tenantId = "3f2c0d6e-0000-4000-8000-000000000001";
const clientId = "7d1f6a52-0000-4000-8000-00000000c11e";

type Request = {
  readonly service: string;
  readonly method: string;
  readonly route: string;
  readonly status: number;
  readonly count: number;
};

export type Stats = {
  readonly requests: readonly Request[];
  readonly throttled: Readonly<Record<string, number>>;
  readonly duplicates: { readonly byKey: number; readonly byInternetMessageId: number };
};

export type Quota = { readonly count: number; readonly seconds: number };

export type SimulatedWorld = WorldSize & {
  readonly graphLatencyMs?: number;
  /** Requests per mailbox; left out, nothing is limited. */
  readonly requests?: Quota;
};

/** Everything of the world before is gone; the application may read and write again. */
export async function putWorld({ urls }: Services, world: SimulatedWorld): Promise<void> {
  const controlUrl = urls.control;
  await call(controlUrl, "PUT", "/world", chatWorld(world));
  await call(controlUrl, "PATCH", "/latency", { graph: world.graphLatencyMs ?? 0 });
  const { requests = null } = world;
  const concurrent = requests === null ? null : 4;
  await call(controlUrl, "PUT", "/limits", { concurrent, requests, bytes: null });
  await grantConsent(urls.entra, { tenantId, clientId, upn: administrator });
}

/** For requests that are made beside the product. */
export async function appToken({ urls }: Pick<Services, "urls">): Promise<string> {
  const answer = await fetch(`${urls.entra}/${tenantId}/oauth2/v2.0/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: clientId,
      client_secret: "simulated-client-secret",
      scope: "https://graph.microsoft.com/.default",
    }),
  });
  const { access_token: token } = (await answer.json()) as { access_token?: string };
  if (token === undefined) throw new Error("The simulated Entra gave no token");
  return token;
}

export async function readStats(controlUrl: string): Promise<Stats> {
  return (await call(controlUrl, "GET", "/stats")) as Stats;
}

/** How many requests were answered on a route whose pattern ends so. */
export function countOf(
  { requests }: Pick<Stats, "requests">,
  service: string,
  method: string,
  routeEnd: string,
  status?: number,
): number {
  return requests
    .filter(
      (line) =>
        line.service === service &&
        line.method === method &&
        line.route.endsWith(routeEnd) &&
        (status === undefined || line.status === status),
    )
    .reduce((sum, { count }) => sum + count, 0);
}

async function call(
  controlUrl: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const answer = await fetch(`${controlUrl}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return text === "" ? null : (JSON.parse(text) as unknown);
}
