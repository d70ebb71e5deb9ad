/** Requests to Microsoft beside those that write: as many as there must be, and not one more. */
import { importWorld } from "../import";
import { type Row, scaled } from "../row";
import { countOf, type Stats } from "../simulator";

export const requests: Row = {
  name: "requests",
  seconds: 12,
  about: "every request of an undisturbed run of text items",
  runs: 1,
  async measure({ services, scale }) {
    const world = { items: scaled(2_000, scale), mailboxes: 50, copies: 2 } as const;
    const { messages, stats } = await importWorld(services, world, { workers: 1 });
    const folders = countOf(stats, "graph", "POST", "/mailFolders", 201);
    const directory = countOf(stats, "graph", "GET", "/users") + delta(stats);
    const tokens = countOf(stats, "entra", "POST", "/oauth2/v2.0/token");
    const expected = messages + world.mailboxes + folders + directory + tokens;
    const all = totalOf(stats, "graph") + tokens;
    const parts = [
      `${messages} messages`,
      `${world.mailboxes} mailboxes`,
      `${folders} new folders`,
      `${directory} for the directory`,
      `${tokens} tokens`,
    ];
    return [
      {
        ...{ name: "requests", unit: "requests", ours: all, floor: expected, goal: null },
        note: parts.join(" + "),
      },
      {
        ...{ name: "requests, more than there must be", unit: "requests" },
        ...{ ours: Math.abs(all - expected), floor: null, goal: { atMost: 0 } },
      },
    ];
  },
};

function delta(stats: Stats): number {
  return countOf(stats, "graph", "GET", "/users/delta");
}

function totalOf({ requests: all }: Stats, service: string): number {
  return all.filter((line) => line.service === service).reduce((sum, { count }) => sum + count, 0);
}
