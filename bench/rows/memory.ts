/** A worker's resident memory over a long window, and over large attachments. */
import { install } from "../installation";
import { residentMb } from "../processes";
import { type Context, type Measure, type Row, scaled } from "../row";
import type { WorldSize } from "../world";

const mostMb = 512;
/** Less than this is what a garbage collector leaves lying about. */
const mostSlope = 2;

export const memory: Row = {
  name: "memory",
  seconds: 105,
  about: "100,000 items in one window",
  runs: 1,
  async measure(context) {
    const items = scaled(100_000, context.scale);
    return watch(context, "memory, 100,000 items", { items, mailboxes: 200, copies: 1 });
  },
};

export const attachments: Row = {
  name: "attachments",
  seconds: 75,
  about: "20 attachments of 100 MB",
  runs: 1,
  async measure(context) {
    const files = { count: scaled(20, context.scale), sizeBytes: 100_000_000 };
    const world = { items: files.count, mailboxes: 4, copies: 1, files } as const;
    return watch(context, "memory, 20 attachments of 100 MB", world);
  },
};

type Sample = { readonly seconds: number; readonly mb: number };

async function watch(
  { services }: Context,
  name: string,
  world: WorldSize,
): Promise<readonly Measure[]> {
  const installation = await install(services, world, { workers: 1 });
  try {
    const pid = installation.workers[0]?.pid ?? 0;
    const samples: Sample[] = [];
    const startedAt = performance.now();
    const runId = await installation.finish();
    const run = await installation.closed(runId, () => {
      samples.push({ seconds: (performance.now() - startedAt) / 1000, mb: residentMb(pid) });
    });
    if (run.imported !== world.items) throw new Error(`Only ${run.imported} were imported`);
    const peak = Math.max(0, ...samples.map(({ mb }) => mb));
    const perSecond = slopeOf(samples.slice(samples.length / 2));
    const per10k = (perSecond * run.seconds * 10_000) / world.items;
    const isLong = world.items >= 10_000;
    return [
      { name, unit: "MB at its peak", ours: peak, floor: null, goal: { atMost: mostMb } },
      ...(isLong
        ? [
            {
              ...{ name: `${name}, slope of the second half`, unit: "MB per 10,000 items" },
              ...{ ours: per10k, floor: null, goal: { atMost: mostSlope } },
            },
          ]
        : []),
    ];
  } finally {
    await installation.close();
  }
}

/** Least squares. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / Math.max(values.length, 1);
  const [x, y] = [mean(samples.map((s) => s.seconds)), mean(samples.map((s) => s.mb))];
  const up = samples.reduce((sum, { seconds, mb }) => sum + (seconds - x) * (mb - y), 0);
  const down = samples.reduce((sum, { seconds }) => sum + (seconds - x) ** 2, 0);
  return down === 0 ? 0 : up / down;
}
