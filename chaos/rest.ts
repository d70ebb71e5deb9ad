/** The storm is over: what is left is the product's to bring to an end. Nobody but the clock and people help. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Administrator } from "./administrator";
import { type Violation, violation } from "./checker/violation";
import type { History } from "./history";
import type { Installation } from "./installation";
import { deedIn, type Plan } from "./plan";
import { probeRecords } from "./probes";
import { notLookedBack, passLookBack, type Rest, restOf, waitForRest } from "./quiet";
import type { RecordTruth } from "./truth";

type Step = {
  readonly name: string;
  readonly begin: () => Promise<unknown>;
  readonly isThere: (rest: Rest) => boolean | Promise<boolean>;
};

export async function comeToRest(
  installation: Installation,
  plan: Plan,
  administrator: Administrator,
  records: RecordTruth[],
  history: History,
): Promise<Violation[]> {
  const { rows } = installation.ledger;
  for (const { name, begin, isThere } of stepsOf(installation, plan, administrator, records)) {
    await begin();
    const stuck = await waitForRest(rows, isThere, plan.form.quietMs);
    history.note(`rest.${name}`);
    if (stuck !== null) return [violation("I8", "it does not come to rest", { name, ...stuck })];
  }
  if (await administrator.acknowledgeGaps()) return [];
  return [violation("I8", "a gap cannot be acknowledged")];
}

function stepsOf(
  { ledger: { rows }, control, drop }: Installation,
  plan: Plan,
  { syncNow, backfill, retryRefused }: Administrator,
  records: RecordTruth[],
): Step[] {
  const nothing = () => Promise.resolve();
  const isDue = ({ watermark }: Rest) => watermark !== null && watermark >= plan.lastDue;
  let from = plan.lastDue;
  const steps: Step[] = [{ name: "due", begin: nothing, isThere: isDue }];
  // Asked for when it was made, and again: some of it may have been restored or held again since.
  if (deedIn(plan, "replaceConnector") !== undefined) {
    steps.push({ name: "backfill", begin: () => backfill(plan.from), isThere: isDue });
  }
  steps.push({
    name: "last",
    /** The last run also probes the mailboxes that were closed. */
    async begin() {
      await retryRefused();
      from = (await restOf(rows)).watermark ?? plan.lastDue;
      const probes = probeRecords(plan, from);
      records.push(...probes);
      if (drop !== null)
        await drop.add(
          999,
          from,
          probes.flatMap(({ mail }) => mail ?? []),
        );
      else await control("POST", "/records", { records: probes.map(({ record }) => record) });
      // A window needs a moment between its start and its end.
      while (!(await syncNow())) await sleep(50);
    },
    isThere: ({ watermark }) => watermark !== null && watermark > from,
  });
  if (drop !== null || asksAgain.some((kind) => deedIn(plan, kind) !== undefined)) {
    steps.push({
      name: "lookBack",
      begin: () => passLookBack(rows, true),
      async isThere() {
        await passLookBack(rows, false);
        return (await notLookedBack(rows)) === 0;
      },
    });
  }
  return steps;
}

/** Whose effect on windows that were read is found by look-back alone. */
const asksAgain = ["restore", "cancelRun", "forget"] as const;
