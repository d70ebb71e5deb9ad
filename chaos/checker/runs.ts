/** I4 and I5: windows tile up to the watermark, counters are their rows, and green means complete. */
import type { Observation, Run } from "../observation";
import { grouped } from "./items";
import { type Violation, violation } from "./violation";

export type RunRules = {
  /** Where the first window begins. */
  readonly from: Date;
  /** The archive's manifest was made to lie for a while. */
  readonly mayManifestDiffer: boolean;
};

export function checkRuns(rules: RunRules, seen: Observation): Violation[] {
  const itemsOf = grouped(seen.items, ({ runId }) => runId);
  const deliveriesOf = grouped(seen.deliveries, ({ runId }) => runId);
  return [
    ...checkTiles(rules, seen),
    ...seen.runs.flatMap((run) => {
      const states = (deliveriesOf.get(run.id) ?? []).map(({ state }) => state);
      return [
        ...checkCounters(run, (itemsOf.get(run.id) ?? []).length, states),
        ...checkOutcome(rules, run),
      ];
    }),
  ];
}

function checkTiles({ from }: RunRules, { runs, connector }: Observation): Violation[] {
  const found: Violation[] = [];
  const own = runs.filter(
    ({ kind, state }) => (kind === "SCHEDULED" || kind === "MANUAL") && state !== "CANCELLED",
  );
  let end = from;
  for (const { id, windowStart, windowEnd } of own) {
    if (windowStart.getTime() !== end.getTime()) {
      found.push(violation("I4", "a window does not begin where the one before ends", { run: id }));
    }
    end = windowEnd;
  }
  if (connector.watermark?.getTime() !== end.getTime()) {
    found.push(violation("I4", "the watermark is not the end of the last window", { end }));
  }
  return found;
}

function checkCounters(run: Run, items: number, states: readonly string[]): Violation[] {
  const count = (...wanted: string[]) => states.filter((state) => wanted.includes(state)).length;
  const rows = {
    availableFromSource: items,
    availableForImport: states.length,
    imported: count("IMPORTED"),
    partiallyImported: count("PARTIALLY_IMPORTED"),
    skipped: count("SKIPPED"),
    failed: count("FAILED"),
    open: count("PENDING", "IMPORTING"),
  };
  return Object.entries(rows).flatMap(([name, is]) => {
    const said = run[name as keyof typeof rows];
    if (said === is) return [];
    return [violation("I1", `a run counts ${said} ${name}, its rows are ${is}`, { run: run.id })];
  });
}

const ended = ["SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED"];

function checkOutcome({ mayManifestDiffer }: RunRules, run: Run): Violation[] {
  const ids = { run: run.id, state: run.state };
  const { imported, partiallyImported, skipped, failed, open, isManifestEqual } = run;
  if (!ended.includes(run.state)) return [violation("I5", "a run is left under way", ids)];
  const isGreen =
    failed === 0 && partiallyImported === 0 && open === 0 && isManifestEqual !== false;
  const isRed = failed > 0 && imported + partiallyImported + skipped === 0;
  const should = isGreen ? "SUCCEEDED" : isRed ? "FAILED" : "PARTIAL";
  const found: Violation[] = [];
  if (run.state !== should) found.push(violation("I5", `should have ended ${should}`, ids));
  if (isManifestEqual !== true && !mayManifestDiffer) {
    found.push(violation("I1", "the manifest of a window was not reached", ids));
  }
  return found;
}
