/** Application tokens for Graph through MSAL, one client per tenant and process. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import {
  ConfidentialClientApplication,
  InteractionRequiredAuthError,
  ServerError,
  type Configuration,
} from "@azure/msal-node";
import { z } from "zod";
import type { Http } from "@/lib/adapters/http";
import { onAbort } from "@/lib/adapters/on-abort";
import { SyncError } from "@/lib/core/errors";
import type { Clock } from "@/lib/ports/runtime";
import { microsoftEntra, createEntraNetwork, type EntraNetwork } from "./entra-network";

export type AppRole = "Mail.ReadWrite" | "User.Read.All";

export type AppToken = {
  readonly value: string;
  readonly roles: readonly string[];
  readonly tenantId: string | null;
  readonly clientId: string | null;
  readonly expiresAt: Date;
};

export type AppTokens = {
  /** @throws SyncError ConsentRevoked (also when the role is missing), AppSecretRefused, TokenThrottled, Interrupted */
  withRole(role: AppRole, signal: AbortSignal): Promise<AppToken>;
  /** After Graph refused `refused` with 401. */
  instead(refused: AppToken, role: AppRole, signal: AbortSignal): Promise<AppToken>;
  /** Never a cached one; its roles are not judged. */
  fresh(signal: AbortSignal): Promise<AppToken>;
};

export type AppTokenOptions = {
  readonly tenantId: string;
  readonly clientId: string;
  readonly secret: string | null;
  /** A PEM file with certificate and private key; used when it is given, before the secret. */
  readonly certificatePath: string | null;
  readonly entraBaseUrl: string;
  readonly http: Http;
  readonly clock: Clock;
};

/** Entra's own words for a refusal, kept as the cause; neither of them holds a secret. */
export class EntraRefused extends Error {
  override readonly name = "EntraRefused";

  constructor(
    readonly errorCode: string,
    errorNumber: string | undefined,
  ) {
    super(`Microsoft Entra refused a token: ${errorCode} ${errorNumber ?? ""}`.trimEnd());
  }
}

const scopes = ["https://graph.microsoft.com/.default"];
/** MSAL renews five minutes before the end as well. */
const renewBeforeMs = 5 * 60_000;
const usableForMs = 60_000;

export function createAppTokens(options: AppTokenOptions): AppTokens {
  const { clock } = options;
  const network = createEntraNetwork(options);
  const client = new ConfidentialClientApplication(clientSettings(options, network));
  let held: AppToken | undefined;
  let pending: Promise<AppToken> | undefined;

  async function acquire(): Promise<AppToken> {
    try {
      const result = await client.acquireTokenByClientCredential({ scopes, skipCache: true });
      if (result === null) throw new Error("MSAL brought no token");
      held = read(result.accessToken, result.expiresOn ?? clock.now());
      return held;
    } catch (error) {
      throw tokenFailure(error, network, clock.now());
    } finally {
      pending = undefined;
    }
  }

  /** Many lanes ask at once; one request answers them all. It is nobody's to stop. */
  const renewed = (signal: AbortSignal) => unlessStopped((pending ??= acquire()), signal);

  const lasts = (token: AppToken, ms: number) =>
    token.expiresAt.getTime() - clock.now().getTime() > ms;

  async function current(signal: AbortSignal): Promise<AppToken> {
    const old = held;
    if (old !== undefined && lasts(old, renewBeforeMs)) return old;
    try {
      return await renewed(signal);
    } catch (error) {
      const isUsable = old !== undefined && lasts(old, usableForMs);
      if (isUsable && error instanceof SyncError && error.code === "TokenThrottled") return old;
      throw error;
    }
  }

  return {
    async withRole(role, signal) {
      if (signal.aborted) throw new SyncError("Interrupted");
      const token = await current(signal);
      if (token.roles.includes(role)) return token;
      // Consent may have been given after this one was made.
      return demanding(role, await renewed(signal));
    },
    async instead(refused, role, signal) {
      const isReplaced = held !== undefined && held.value !== refused.value;
      return demanding(role, isReplaced && held ? held : await renewed(signal));
    },
    async fresh(signal) {
      // One that is on its way may have been asked for before what it is to prove.
      await pending?.catch(() => undefined);
      return renewed(signal);
    },
  };
}

function demanding(role: AppRole, token: AppToken): AppToken {
  if (token.roles.includes(role)) return token;
  throw new SyncError("ConsentRevoked", { cause: new Error(`The token has no role ${role}`) });
}

function clientSettings(options: AppTokenOptions, network: EntraNetwork): Configuration {
  return {
    auth: {
      clientId: options.clientId,
      authority: `${microsoftEntra}/${options.tenantId}`,
      ...proof(options),
    },
    system: { networkClient: network },
  };
}

function proof({ secret, certificatePath }: AppTokenOptions): Partial<Configuration["auth"]> {
  if (certificatePath !== null) {
    const pem = readFileSync(certificatePath, "utf8");
    const thumbprintSha256 = new X509Certificate(pem).fingerprint256.replaceAll(":", "");
    const privateKey = createPrivateKey(pem).export({ type: "pkcs8", format: "pem" }).toString();
    return { clientCertificate: { thumbprintSha256, privateKey } };
  }
  if (secret === null) throw new Error("Neither a client secret nor a certificate is configured");
  return { clientSecret: secret };
}

/**
 * A 4xx is Entra's word about us. Everything else, also the empty error with which MSAL refuses
 * locally after a 429 or 5xx, passes by itself.
 */
function tokenFailure(error: unknown, network: EntraNetwork, now: Date): SyncError {
  const status = error instanceof ServerError ? (error.status ?? 0) : 0;
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429;
  if (error instanceof ServerError && isRefusal) {
    const cause = new EntraRefused(error.errorCode, error.errorNo);
    // Whatever the tenant has granted: it is we who cannot say who we are.
    const isOurSecret = error.errorCode === "invalid_client";
    return new SyncError(isOurSecret ? "AppSecretRefused" : "ConsentRevoked", { cause });
  }
  if (error instanceof InteractionRequiredAuthError) {
    const cause = new EntraRefused(error.errorCode, error.errorNo);
    return new SyncError("ConsentRevoked", { cause });
  }
  const retryAfterMs = network.pauseMs(now);
  return new SyncError("TokenThrottled", {
    cause: error,
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  });
}

const claims = z.object({
  roles: z.array(z.string()).catch([]),
  tid: z.string().nullable().catch(null),
  appid: z.string().nullable().catch(null),
});

/** Read, not verified: it came from Entra itself over TLS and is shown to nobody but Graph. */
function read(value: string, expiresAt: Date): AppToken {
  const [, payload = ""] = value.split(".");
  const { roles, tid, appid } = claims.parse(
    JSON.parse(Buffer.from(payload, "base64url").toString("utf8")),
  );
  return { value, roles, tenantId: tid, clientId: appid, expiresAt };
}

async function unlessStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw new SyncError("Interrupted");
  let unlisten: () => void = () => undefined;
  const stopped = new Promise<never>((_, reject) => {
    unlisten = onAbort(signal, () => reject(new SyncError("Interrupted")));
  });
  try {
    return await Promise.race([work, stopped]);
  } finally {
    unlisten();
  }
}
