/**
 * MSAL's way to the network: through our own client, and to the configured Entra. MSAL refuses
 * an http authority, so it is always given Microsoft's and the host is exchanged here.
 */
import type { INetworkModule, NetworkRequestOptions, NetworkResponse } from "@azure/msal-node";
import type { Http } from "@/lib/adapters/http";
import { headerOf, readJson } from "@/lib/adapters/http-json";
import { parseRetryAfter } from "@/lib/core/backoff";
import type { Clock } from "@/lib/ports/runtime";

export const microsoftEntra = "https://login.microsoftonline.com";

export type EntraNetwork = INetworkModule & {
  /** How long MSAL will refuse without asking; null when it does not. */
  pauseMs(now: Date): number | null;
};

export type EntraNetworkOptions = {
  readonly entraBaseUrl: string;
  readonly http: Http;
  readonly clock: Clock;
};

/** What MSAL waits after a 429 or 5xx that names no time itself. */
const msalPauseMs = 60_000;

export function createEntraNetwork({
  entraBaseUrl,
  http,
  clock,
}: EntraNetworkOptions): EntraNetwork {
  let pausedUntil = 0;

  async function exchange<T>(
    method: "GET" | "POST",
    url: string,
    options: NetworkRequestOptions = {},
  ): Promise<NetworkResponse<T>> {
    const answer = await http.send({
      method,
      url: url.startsWith(`${microsoftEntra}/`)
        ? entraBaseUrl + url.slice(microsoftEntra.length)
        : url,
      headers: options.headers ?? {},
      ...(options.body === undefined ? {} : { body: options.body }),
    });
    if (answer.outcome !== "answered") throw new Error(`Microsoft Entra: ${answer.because}`);
    const { status, headers } = answer;
    const isBusy = status === 429 || status >= 500;
    if (isBusy) {
      const now = clock.now();
      const retryAfter = headerOf(headers, "retry-after");
      pausedUntil = now.getTime() + (parseRetryAfter(retryAfter, now) ?? msalPauseMs);
    }
    const json = readJson(answer);
    if (!isBusy && !isObject(json)) throw new Error(`Microsoft Entra: unreadable ${status}`);
    // Without an error in it MSAL would take the page of a gateway for an answer without token.
    const body = isObject(json) ? json.value : { error: "temporarily_unavailable" };
    const names = Object.keys(headers);
    const flat = names.map((name) => [name, headerOf(headers, name) ?? ""] as const);
    return { status, headers: Object.fromEntries(flat), body: body as T };
  }

  return {
    sendGetRequestAsync: (url, options) => exchange("GET", url, options),
    sendPostRequestAsync: (url, options) => exchange("POST", url, options),
    pauseMs(now) {
      const restMs = pausedUntil - now.getTime();
      return restMs > 0 ? restMs : null;
    },
  };
}

function isObject(
  json: ReturnType<typeof readJson>,
): json is { readonly isReadable: true; readonly value: object } {
  return json.isReadable && typeof json.value === "object" && json.value !== null;
}
