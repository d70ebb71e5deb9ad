/** TeleMessage's archive API (contract v1): sign-in, pages of records, manifest, attachments, users. */
import { HttpBroken, type Http, type HttpAnswer, type Streaming } from "@/lib/adapters/http";
import { headerOf, readJson } from "@/lib/adapters/http-json";
import { SyncError } from "@/lib/core/errors";
import type { SyncWindow } from "@/lib/core/window";
import type { Clock } from "@/lib/ports/runtime";
import type { ApiCredential, SourceAccount, SourceSession, SourceUser } from "@/lib/ports/source";
import type { z } from "zod";
import { attachmentFailure, expiry, sourceFailure, sourceUnavailable } from "./failures";
import { manifestShape, pageShape, sessionShape, usersShape } from "./shapes";
import { keepSignedIn, type SignIn } from "./sign-in";

export type TelemessageOptions = {
  readonly baseUrl: string;
  readonly http: Http;
  readonly clock: Clock;
};

/**
 * Two hundred records of megabytes are one page, and a cursor binds the page size, so a page that
 * is too large can never be read at all. JavaScript holds no longer string than this.
 */
const maxPageBytes = 500_000_000;
const gapMs = 30_000;
const mostUserPages = 10_000;

/** The part of the port that an API credential opens. */
export type Telemessage = {
  signIn(credential: ApiCredential, signal: AbortSignal): Promise<SourceAccount>;
  open(credential: ApiCredential): SourceSession;
};

export function createTelemessage({ baseUrl, http, clock }: TelemessageOptions): Telemessage {
  const signInWith =
    (credential: ApiCredential): SignIn =>
    async (signal) => {
      const askedAt = clock.now().getTime();
      const answer = await http.send({
        method: "POST",
        url: `${baseUrl}/v1/session`,
        headers: { "content-type": "application/json; charset=utf-8" },
        body: JSON.stringify({ username: credential.username, password: credential.password }),
        signal,
      });
      const { expiresInSeconds, ...session } = parsed(answer, sessionShape, clock.now());
      const endsAt = expiresInSeconds === null ? null : new Date(askedAt + expiresInSeconds * 1000);
      return { ...session, endsAt };
    };

  return {
    signIn: async (credential, signal) => (await signInWith(credential)(signal)).account,
    open: (credential) => openSession(signInWith(credential), { baseUrl, http, clock }),
  };
}

function openSession(signIn: SignIn, { baseUrl, http, clock }: TelemessageOptions): SourceSession {
  const keeper = keepSignedIn(signIn);

  /**
   * A later 401 means: sign in once more and go on; a second one is a refused credential (contract,
   * Session), unless the new session ended by its age before it was used: in a process that stood
   * still or behind a slow line. That is tried again; nobody has to change a password for it.
   */
  async function authorized<A extends HttpAnswer | Streaming>(
    signal: AbortSignal,
    ask: (headers: Record<string, string>) => Promise<A>,
  ): Promise<A> {
    const signedIn = await keeper.current(signal);
    const first = await ask({ authorization: `Bearer ${signedIn.token}` });
    if (!isUnauthorized(first)) return first;
    const again = await keeper.instead(signedIn, signal);
    const second = await ask({ authorization: `Bearer ${again.token}` });
    if (isUnauthorized(second) && again.endsAt !== null && again.endsAt <= clock.now()) {
      throw sourceUnavailable("A session ended before it was used");
    }
    return second;
  }

  const get = (path: string, query: Record<string, string>, signal: AbortSignal) =>
    authorized(signal, (headers) => {
      const url = `${baseUrl}${path}?${new URLSearchParams(query)}`;
      return http.send({ method: "GET", url, headers, signal, gapMs, maxBytes: maxPageBytes });
    });

  return {
    account: async (signal) => (await keeper.current(signal)).account,

    async fetchPage(window, cursor, limit, signal) {
      const position = cursor === null ? {} : { cursor };
      const query = { ...spanOf(window), limit: String(limit), ...position };
      const answer = await get("/v1/archive/items", query, signal);
      const expired = expiry(answer, cursor !== null);
      if (expired !== null) throw expired;
      const { items, nextCursor } = parsed(answer, pageShape, clock.now());
      return { records: items, nextCursor };
    },

    async fetchManifest(window, signal) {
      const answer = await get("/v1/archive/manifest", spanOf(window), signal);
      const expired = expiry(answer, false);
      if (expired !== null) throw expired;
      return parsed(answer, manifestShape, clock.now());
    },

    async fetchAttachment(attachmentId, signal) {
      // No URL can name these: they are steps in a path, however they are written.
      if (["", ".", ".."].includes(attachmentId)) throw sourceUnavailable("Unaskable attachment");
      const url = `${baseUrl}/v1/archive/attachments/${encodeURIComponent(attachmentId)}`;
      const answer = await authorized(signal, (headers) =>
        http.open({ method: "GET", url, headers: { ...headers, accept: "*/*" }, signal, gapMs }),
      );
      if (answer.outcome !== "streaming") throw attachmentFailure(answer, clock.now());
      const { headers, bytes } = answer;
      return {
        contentType: headerOf(headers, "content-type"),
        sizeBytes: sizeOf(headerOf(headers, "content-length")),
        sha256: digestOf(headerOf(headers, "digest")),
        bytes: translated(bytes),
      };
    },

    async listUsers(signal) {
      const users: SourceUser[] = [];
      let query: Record<string, string> = {};
      for (let page = 0; page < mostUserPages; page += 1) {
        const answer = await get("/v1/account/users", query, signal);
        const { users: more, nextCursor } = parsed(answer, usersShape, clock.now());
        users.push(...more);
        if (nextCursor === null) return users;
        query = { cursor: nextCursor };
      }
      throw sourceUnavailable("The list of users has no end");
    },
  };
}

function spanOf({ start, end }: SyncWindow): Record<string, string> {
  return { service: "whatsapp", from: start.toISOString(), to: end.toISOString() };
}

function parsed<T>(answer: HttpAnswer, shape: z.ZodType<T>, now: Date): T {
  if (answer.outcome !== "answered" || answer.status !== 200) throw sourceFailure(answer, now);
  const json = readJson(answer);
  if (!json.isReadable) {
    const isStopped = !answer.body.isWhole && answer.body.because === "aborted";
    throw isStopped ? new SyncError("Interrupted") : sourceUnavailable("Unreadable answer");
  }
  const { success, data } = shape.safeParse(json.value);
  if (!success) throw sourceUnavailable("An answer of another shape");
  return data;
}

function isUnauthorized(answer: HttpAnswer | Streaming): boolean {
  return answer.outcome === "answered" && answer.status === 401;
}

function sizeOf(contentLength: string | null): number | null {
  return contentLength !== null && /^\d{1,15}$/.test(contentLength) ? Number(contentLength) : null;
}

/** `Digest: sha-256=<base64>`; other algorithms may stand beside it. */
function digestOf(digest: string | null): string | null {
  const base64 = /(?:^|,)\s*sha-256=([A-Za-z0-9+/]{43}=)/i.exec(digest ?? "")?.[1];
  return base64 === undefined ? null : Buffer.from(base64, "base64").toString("hex");
}

async function* translated(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    if (!(error instanceof HttpBroken)) throw error;
    if (error.because === "aborted") throw new SyncError("Interrupted", { cause: error });
    throw new SyncError("SourceUnavailable", { cause: error });
  }
}
