/** Carries out a plan's storm, stroke by stroke, and says when everything is whole again. */
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import type { Administrator } from "./administrator";
import type { Deed, DeedStroke } from "./deeds";
import type { History } from "./history";
import type { Installation } from "./installation";
import type { Plan } from "./plan";
import type { Services } from "./services";
import { type Fault, type ForceStroke, inTwoSeconds, type ServiceStroke } from "./storm";
import type { Herd } from "./workers";

export type NemesisParts = {
  readonly services: Services;
  readonly installation: Installation;
  readonly herd: Herd;
  readonly administrator: Administrator;
  readonly history: History;
  /** How many times as long this machine takes as one that has nothing else to do. */
  readonly slowness: number;
};

/**
 * Resolves when the storm is over and everything it touched is mended; people have done their deeds.
 * @param progress how much of the work is done, from 0 to 1
 * @returns the faults that met a request, each as often as it did
 */
export async function storm(
  parts: NemesisParts,
  { storm: strokes, form }: Plan,
  progress: () => Promise<number>,
): Promise<string[]> {
  const { installation, herd, administrator, history, slowness } = parts;
  const { control, drop } = installation;
  const over = new AbortController();
  const open = new Set<Deed>();
  const running: Promise<void>[] = [];
  const isDue = createTurn({ ...form, stillMs: form.stillMs * slowness }, herd.isUp, progress);
  for (const stroke of strokes) {
    while (!(await isDue(stroke.at))) await sleep(120);
    history.note("stroke", stroke);
    const struck = stroke.kind === "deed" ? carryOut(stroke) : strike(parts, stroke);
    // A blow that misses is no violation; that it was tried stands in the history.
    const missed = (thrown: unknown) => history.note("stroke.missed", { why: String(thrown) });
    running.push(struck.catch(missed));
  }
  history.note("storm.over");
  const hits = [...(await hitsOf(control)), ...strokesOnFiles(strokes)];
  await control("DELETE", "/faults");
  await control("PATCH", "/telemessage", ordinary);
  herd.calm();
  over.abort();
  await Promise.all(running);
  drop?.mend();
  drop?.completeAll();
  // One may need another to be mended first: no connector is made without consent.
  for (let rounds = 0; rounds < 3 && open.size > 0; rounds += 1) {
    for (const deed of open) if (await administrator.mend(deed)) open.delete(deed);
  }
  history.note("storm.mended");
  return hits;

  async function carryOut({ deed, forMs }: DeedStroke): Promise<void> {
    open.add(deed);
    await administrator.begin(deed);
    await sleep(forMs, undefined, { signal: over.signal }).catch(() => undefined);
    // What cannot be mended while the storm is on is mended after it.
    if (await administrator.mend(deed).catch(() => false)) open.delete(deed);
  }
}

/**
 * Strokes come by how far the work is. Where it stands still although somebody is there to do it, one
 * more comes after a while, and then another: all at once they would meet no work.
 */
function createTurn(
  { stillMs, quietMs }: Plan["form"],
  isUp: () => boolean,
  progress: () => Promise<number>,
): (at: number) => Promise<boolean> {
  const startedAt = performance.now();
  let last = 0;
  let movedAt = startedAt;
  return async (at) => {
    const done = await progress();
    const now = performance.now();
    if (done > last || !isUp()) movedAt = now;
    last = Math.max(last, done);
    if (done >= at || now - startedAt > quietMs) return true;
    if (now - movedAt < stillMs) return false;
    movedAt = now;
    return true;
  };
}

async function hitsOf(control: Installation["control"]): Promise<string[]> {
  type Order = { service: string; times: number; left: number };
  const { faults } = await control<{ faults: Order[] }>("GET", "/faults");
  return faults.flatMap(({ service, times, left }) =>
    Array.from({ length: times - left }, () => `fault of ${service}`),
  );
}

function strokesOnFiles(strokes: Plan["storm"]): string[] {
  return strokes.flatMap(({ kind }) => (kind === "line" || kind === "file" ? [kind] : []));
}

const ordinary = {
  tokenTtlSeconds: 3_600,
  cursorTtlSeconds: 3_600,
  manifest: "true",
  pages: { max: null, repeatEdge: false, empty: false, unsorted: false, drift: false },
};

async function strike(
  { services, installation, herd }: NemesisParts,
  stroke: ForceStroke,
): Promise<void> {
  const { control } = installation;
  switch (stroke.kind) {
    case "trap": {
      const { point, count, freeze } = stroke;
      herd.arm({ point, count, how: freeze ? "SIGSTOP" : "SIGKILL" });
      return;
    }
    case "signal":
      herd.signal(stroke.signal);
      return;
    case "freeze":
      herd.freeze(stroke.forMs);
      return;
    case "fault":
      await control("POST", "/faults", dated(stroke.fault));
      return;
    case "habit":
      await control("PATCH", "/telemessage", stroke.patch);
      if (stroke.forMs === null) return;
      await sleep(stroke.forMs);
      await control("PATCH", "/telemessage", { cursorTtlSeconds: ordinary.cursorTtlSeconds });
      return;
    case "line":
      await installation.drop?.strike(stroke.what, stroke.forMs);
      return;
    case "file":
      installation.drop?.complete(stroke.name);
      return;
    case "service":
      await serviceStrokes[stroke.what](services, installation);
  }
}

function dated(fault: Fault): unknown {
  const date = new Date(Date.now() + 2_000).toUTCString();
  return JSON.parse(JSON.stringify(fault).replace(inTwoSeconds, date));
}

const serviceStrokes: Readonly<
  Record<ServiceStroke, (services: Services, installation: Installation) => Promise<unknown>>
> = {
  async flushRedis({ redisUrl }) {
    if (redisUrl === null) return;
    const redis = new Redis(redisUrl, { maxRetriesPerRequest: 3 });
    redis.on("error", () => undefined);
    await redis.flushall().catch(() => undefined);
    redis.disconnect();
  },
  restartRedis: (services) => services.restart("redis", "SIGKILL"),
  // Also in the middle of a COMMIT: whoever sent it does not learn what became of it.
  cutConnections: (_services, { ledger }) =>
    ledger.rows(
      `SELECT pg_terminate_backend("pid") FROM "pg_stat_activity"
       WHERE "datname" = current_database() AND "pid" <> pg_backend_pid()`,
    ),
  restartPostgres: (services) => services.restart("postgres", "SIGQUIT"),
  restartAzurite: (services) => services.restart("azurite", "SIGTERM"),
};
