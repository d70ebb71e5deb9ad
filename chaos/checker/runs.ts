/** I4 and I5: windows tile up to the watermark, counters are their rows, and green means complete. */
import type { Connector, Observation, Run } from "../observation";
import { grouped } from "./items";
import { type Violation, violation } from "./violation";

export type RunRules = {
  /** The archive's manifest was made to lie for a while. */
  readonly mayManifestDiffer: boolean;
  /** Times of files that were not whole for a while: a run of their window may say so. */
  readonly flawedAt: readonly Date[];
  /** The archive forgot: who reads a past period again may be told so. */
  readonly mayExpire: boolean;
};

const settleMs = 5 * 60_000;
const dayMs = 24 * 60 * 60_000;

export function checkRuns(rules: RunRules, seen: Observation): Violation[] {
  const itemsOf = grouped(seen.items, ({ runId }) => runId);
  const deliveriesOf = grouped(seen.deliveries, ({ runId }) => runId);
  const deleted = seen.connectors.filter(({ state }) => state === "DELETED").map(({ id }) => id);
  return [
    ...seen.connectors.flatMap((connector) => checkTiles(connector, seen.runs)),
    ...seen.runs.flatMap((run) => {
      const states = (deliveriesOf.get(run.id) ?? []).map(({ state }) => state);
      const isLeft = run.isTransferCancelled || deleted.includes(run.connectorId);
      return [
        ...checkCounters(run, (itemsOf.get(run.id) ?? []).length, states, isLeft),
        ...checkOutcome(rules, run),
      ];
    }),
  ];
}

/** From a day before Finish on, as far as the watermark says. */
function checkTiles(
  { id: connectorId, finishedAt, watermark }: Connector,
  runs: readonly Run[],
): Violation[] {
  const found: Violation[] = [];
  const own = runs.filter(
    (run) =>
      run.connectorId === connectorId &&
      (run.kind === "SCHEDULED" || run.kind === "MANUAL") &&
      run.state !== "CANCELLED",
  );
  let end = new Date(finishedAt.getTime() - settleMs - dayMs);
  for (const { id, windowStart, windowEnd } of own) {
    if (windowStart.getTime() !== end.getTime()) {
      found.push(violation("I4", "a window does not begin where the one before ends", { run: id }));
    }
    end = windowEnd;
  }
  const isReached = own.length === 0 ? watermark === null : watermark?.getTime() === end.getTime();
  if (!isReached) {
    found.push(violation("I4", "the watermark is not the end of the last window", { end }));
  }
  return found;
}

/** @param isLeft what it did not import may have passed to whoever read it again */
function checkCounters(
  run: Run,
  items: number,
  states: readonly string[],
  isLeft: boolean,
): Violation[] {
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
    const stays = name === "imported" || name === "partiallyImported";
    if (said === is || (isLeft && !stays && said > is)) return [];
    return [violation("I1", `a run counts ${said} ${name}, its rows are ${is}`, { run: run.id })];
  });
}

const ended = ["SUCCEEDED", "PARTIAL", "FAILED", "CANCELLED"];

function checkOutcome(rules: RunRules, run: Run): Violation[] {
  const { mayManifestDiffer, mayExpire, flawedAt } = rules;
  const ids = { run: run.id, kind: run.kind, state: run.state };
  if (!ended.includes(run.state)) return [violation("I5", "a run is left under way", ids)];
  const should = outcomeOf(run);
  const found: Violation[] = [];
  if (run.state !== should) found.push(violation("I5", `should have ended ${should}`, ids));
  const isTold = mayExpire && run.kind === "BACKFILL" && run.failureCode === "SourceWindowExpired";
  const isFlawed = flawedAt.some((at) => run.windowStart <= at && at < run.windowEnd);
  const mayDiffer = mayManifestDiffer || isTold || isFlawed || run.isTransferCancelled;
  if (run.isManifestEqual !== true && !mayDiffer) {
    found.push(violation("I1", "the manifest of a window was not reached", ids));
  }
  return found;
}

/** Green means complete; what was not read to its end is neither green nor red. */
function outcomeOf(run: Run): string {
  const { imported, partiallyImported, skipped, failed, open } = run;
  if (run.isTransferCancelled) return "CANCELLED";
  const isWhole = failed === 0 && partiallyImported === 0 && open === 0;
  if (isWhole && run.isManifestEqual !== false) return "SUCCEEDED";
  return failed > 0 && imported + partiallyImported + skipped === 0 ? "FAILED" : "PARTIAL";
}
