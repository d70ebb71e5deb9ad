/** Streams of progress. However many pages look, each snapshot is read once a second and shared. */
import "server-only";
import type { NextRequest } from "next/server";
import type { Actor } from "@/lib/core/access";
import { logger } from "@/lib/logger";
import { portal } from "@/lib/wiring";
import { readSessionCookie } from "./claims";
import { cookieNames } from "./cookies";
import { isSignedOut } from "./session";

const pollMs = 1000;
/** Sent again although nothing changed: it keeps proxies from closing, and mends what was missed. */
const repeatMs = 10_000;
const sessionCheckMs = 15_000;
/** A database that is away fails at every look; the log needs a line a minute. */
const quietForMs = 60_000;

/** Messages that may wait for a reader. */
const mostWaiting = 8;

type Listener = (message: string) => void;

type Snapshot = {
  readonly listeners: Set<Listener>;
  readonly timer: NodeJS.Timeout;
  isReading: boolean;
  message: string | null;
  sentAt: number;
  quietUntil: number;
};

/** One per process, also when development loads this module again. */
const shared = globalThis as typeof globalThis & { progressSnapshots?: Map<string, Snapshot> };

export function watch(
  actor: Actor,
  connectorId: string | null,
  request: NextRequest,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const cookie = request.cookies.get(cookieNames.session())?.value;
  let isStopped = false;
  let stop = () => {};
  return new ReadableStream<Uint8Array>({
    start(controller) {
      const listen: Listener = (message) => {
        // Whoever does not read gets the next one; the repetition mends what was missed.
        if (isStopped || (controller.desiredSize ?? 0) < -mostWaiting) return;
        controller.enqueue(encoder.encode(`data: ${message}\n\n`));
      };
      const unsubscribe = subscribe(actor, connectorId, listen);
      const guard = setInterval(() => {
        // Closed without a word: the browser comes back with its newest cookie, or is told to sign in.
        void isOver(cookie).then(
          (over) => (over ? close() : undefined),
          // The database is away: the stream has nothing to tell, and the next look decides.
          () => undefined,
        );
      }, sessionCheckMs);
      const close = () => {
        // Somebody who left meanwhile has closed it already.
        if (isStopped) return;
        stop();
        controller.close();
      };
      stop = () => {
        isStopped = true;
        stop = () => {};
        clearInterval(guard);
        unsubscribe();
      };
      controller.enqueue(encoder.encode("retry: 2000\n\n"));
      request.signal.addEventListener("abort", () => stop(), { once: true });
    },
    cancel() {
      stop();
    },
  });
}

async function isOver(cookie: string | undefined): Promise<boolean> {
  const claims = await readSessionCookie(cookie);
  return claims === null || (await isSignedOut(claims));
}

/** All who may watch see the same, so a snapshot belongs to the tenant, not to the person. */
function subscribe(actor: Actor, connectorId: string | null, listener: Listener): () => void {
  const snapshots = (shared.progressSnapshots ??= new Map());
  const key = `${actor.tenantId} ${connectorId ?? "all"}`;
  const snapshot = snapshots.get(key) ?? begin(actor, connectorId);
  snapshots.set(key, snapshot);
  snapshot.listeners.add(listener);
  if (snapshot.message !== null) listener(snapshot.message);
  return () => {
    snapshot.listeners.delete(listener);
    if (snapshot.listeners.size > 0) return;
    clearInterval(snapshot.timer);
    snapshots.delete(key);
  };
}

function begin(actor: Actor, connectorId: string | null): Snapshot {
  const snapshot: Snapshot = {
    listeners: new Set(),
    timer: setInterval(() => void read(snapshot, actor, connectorId), pollMs),
    isReading: false,
    message: null,
    sentAt: 0,
    quietUntil: 0,
  };
  void read(snapshot, actor, connectorId);
  return snapshot;
}

async function read(snapshot: Snapshot, actor: Actor, connectorId: string | null): Promise<void> {
  // A slow database is asked again when it has answered, not before.
  if (snapshot.isReading) return;
  snapshot.isReading = true;
  try {
    const message = await compose(actor, connectorId);
    const isDue = Date.now() - snapshot.sentAt >= repeatMs;
    if (message === snapshot.message && !isDue) return;
    snapshot.message = message;
    snapshot.sentAt = Date.now();
    for (const listener of snapshot.listeners) listener(message);
  } catch (error) {
    if (Date.now() < snapshot.quietUntil) return;
    snapshot.quietUntil = Date.now() + quietForMs;
    logger("portal").error("progress.failed", { connectorId }, error);
  } finally {
    snapshot.isReading = false;
  }
}

async function compose(actor: Actor, connectorId: string | null): Promise<string> {
  const { connectors, health } = portal();
  const data =
    connectorId === null
      ? await connectors.list(actor)
      : await connectors.detail(actor, connectorId);
  const { status } = await health();
  return JSON.stringify({ data, isWorkerSilent: status === "silent" });
}
