/** How near several workers come to what a distant Graph allows, and what a second worker brings at home. */
import { importWorld } from "../import";
import { type Context, type Measure, type Row, scaled } from "../row";

const graphLatencyMs = 100;
const mailboxes = 8;
const requestsPerMailbox = 3;
const theory = (mailboxes * requestsPerMailbox * 1000) / graphLatencyMs;

export const latency: Row = {
  name: "latency",
  seconds: 140,
  about: `${mailboxes} mailboxes with Graph ${graphLatencyMs} ms away, 1, 2 and 3 workers`,
  runs: 3,
  async measure({ services, scale }) {
    const world = { items: scaled(9_600, scale), mailboxes, copies: 1, graphLatencyMs } as const;
    const measures: Measure[] = [];
    for (const workers of [1, 2, 3]) {
      const { messages, seconds } = await importWorld(services, world, { workers });
      measures.push({
        ...{ name: `latency, ${workersOf(workers)}`, unit: "messages/s" },
        ...{ ours: messages / seconds, floor: theory, goal: { ratioAtLeast: 0.85 } },
      });
    }
    return measures;
  },
};

export const workers: Row = {
  name: "workers",
  seconds: 28,
  about: "200 mailboxes with Graph 0 ms away, 1 and 2 workers",
  runs: 3,
  async measure(context) {
    const one = await atHome(context, 1);
    const two = await atHome(context, 2);
    return [
      { ...one, floor: null },
      { ...two, floor: one.ours },
    ];
  },
};

async function atHome({ services, scale }: Context, count: number): Promise<Measure> {
  const world = { items: scaled(5_000, scale), mailboxes: 200, copies: 2 } as const;
  const { messages, seconds, cpu } = await importWorld(services, world, { workers: count });
  return {
    ...{ name: `workers, ${workersOf(count)}`, unit: "messages/s", ours: messages / seconds },
    ...{ floor: null, goal: null, note: cpu },
  };
}

function workersOf(count: number): string {
  return count === 1 ? "1 worker" : `${count} workers`;
}
