/** One seed from its plan to its verdict. */
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { type Administrator, createAdministrator } from "./administrator";
import { checkItems } from "./checker/items";
import { checkMailboxes } from "./checker/mailboxes";
import { checkRuns } from "./checker/runs";
import { checkSecrets } from "./checker/secrets";
import { type Violation, violation } from "./checker/violation";
import { watchWatermark } from "./checker/watermark";
import { expectationOf } from "./expectation";
import type { Form } from "./form";
import { openHistory, type History } from "./history";
import { createInstallation, type Installation } from "./installation";
import { storm } from "./nemesis";
import { observe } from "./observation";
import { createPlan, type Plan } from "./plan";
import { probeRecords } from "./probes";
import { doneOf, passTime, restOf, waitForRest } from "./quiet";
import { createChance } from "./random";
import { canary } from "./archive";
import type { Services } from "./services";
import type { RecordTruth } from "./truth";
import { createHerd } from "./workers";
import { lateRecords } from "./world";

export type Verdict = {
  readonly plan: Plan;
  readonly violations: readonly Violation[];
  readonly seconds: number;
  readonly deliveries: number;
  /** What the nemesis did, by name, as far as it hit anything. */
  readonly hits: readonly string[];
  readonly historyPath: string;
};

export type SeedParts = {
  readonly services: Services;
  readonly bundle: string;
  /** Where histories are kept. */
  readonly dir: string;
  readonly keeps: boolean;
};

const settleMs = 5 * 60_000;
const dayMs = 24 * 60 * 60_000;

export async function runSeed(seed: number, form: Form, parts: SeedParts): Promise<Verdict> {
  const { services, bundle, dir, keeps } = parts;
  const startedAt = performance.now();
  const history = openHistory(join(dir, `${form.name}-${seed}.jsonl`));
  const logs = openHistory(join(dir, `${form.name}-${seed}.log`));
  const plan = createPlan(seed, form, { now: new Date(), hasRedis: services.redisUrl !== null });
  history.note("plan", { seed, queue: plan.queue, workers: plan.workers, storm: plan.storm });
  const installation = await createInstallation(services, plan);
  const herd = createHerd({
    ...{ bundle, count: plan.workers, env: installation.env, logFile: logs.path, history },
    ...{ chance: createChance(`herd-${form.name}-${seed}`), remember: services.remember },
  });
  try {
    const administrator = createAdministrator(installation, plan, history);
    const records = [...plan.archive.records];
    const watch = watchWatermark(installation.ledger.rows, installation.connectorId, () => records);
    await herd.start();
    const clerk = keepTime(installation, plan, administrator.syncNow);
    const nemesis = { services, installation, herd, administrator, history };
    const work = expectationOf(plan.cast, workOf(plan), false);
    const total = work.reduce((sum, { deliveries }) => sum + deliveries.length, 0);
    const progress = async () => (await doneOf(installation.ledger.rows)) / total;
    const faults = await storm(nemesis, plan, progress);
    await clerk.stop();
    const violations = await comeToRest(installation, plan, administrator, records, history);
    violations.push(...(await watch.stop()));
    const seen = await observe(installation.ledger.rows, installation.control, plan.cast.mailboxes);
    await herd.stop();
    const expected = expectationOf(plan.cast, records, isMapped(plan));
    violations.push(
      ...checkItems(expected, seen),
      ...checkMailboxes(expected, seen),
      ...checkRuns(
        {
          from: new Date(plan.connector.finishedAt.getTime() - settleMs - dayMs),
          mayManifestDiffer: plan.storm.some(
            (stroke) => stroke.kind === "habit" && "manifest" in stroke.patch,
          ),
        },
        seen,
      ),
      ...(await checkSecrets(canary, {
        ...{ rows: installation.ledger.rows, redisUrl: services.redisUrl },
        ...{ storage: services.storage, container: installation.container, logFile: logs.path },
      })),
      ...herd.endedByThemselves.map((how) => violation("I8", "a worker ended by itself", { how })),
    );
    const audit = await administrator.verifyAudit();
    if (audit !== null) violations.push(violation("I6", audit));
    for (const one of violations) history.note("violation", one);
    if (violations.length === 0 && !keeps) [history, logs].forEach((file) => file.discard());
    return {
      ...{ plan, violations, seconds: (performance.now() - startedAt) / 1000 },
      ...{ deliveries: seen.deliveries.length, hits: [...faults, ...herd.struck] },
      historyPath: history.path,
    };
  } finally {
    await herd.stop();
    await installation.close();
  }
}

/** What can be done while the storm is on: what lies behind the last due window waits for "Sync now". */
function workOf({ archive, lastDue, syncsEarly }: Plan): RecordTruth[] {
  return archive.records.filter(({ receivedAt }) => syncsEarly || receivedAt < lastDue);
}

/** What goes on beside the storm: hours pass, late records come, and somebody may ask for a run at once. */
function keepTime(
  { ledger, control }: Installation,
  plan: Plan,
  syncNow: () => Promise<boolean>,
): { stop(): Promise<void> } {
  const over = new AbortController();
  const running = (async () => {
    await sleep(plan.form.stormMs * 0.1);
    await control("POST", "/records", { records: lateRecords(plan) });
    let isSynced = !plan.syncsEarly;
    while (!over.signal.aborted) {
      await passTime(ledger.rows);
      const { state, watermark } = await restOf(ledger.rows);
      const isDue = state === "ACTIVE" && watermark !== null && watermark >= plan.lastDue;
      if (!isSynced && isDue) isSynced = await syncNow();
      await sleep(400);
    }
  })();
  return {
    async stop() {
      over.abort();
      await running;
    },
  };
}

/** The storm is over: what is left is the product's to bring to an end. The last run probes mended mailboxes. */
async function comeToRest(
  { ledger, control }: Installation,
  plan: Plan,
  { syncNow, retryRefused }: Administrator,
  records: RecordTruth[],
  history: History,
): Promise<Violation[]> {
  const { quietMs } = plan.form;
  const stuck = (rest: unknown) => [violation("I8", "it does not come to rest", { rest })];
  const first = await waitForRest(
    ledger.rows,
    ({ watermark }) => watermark !== null && watermark >= plan.lastDue,
    quietMs,
  );
  if (first !== null) return stuck(first);
  history.note("rest.first");
  await retryRefused();
  const from = (await restOf(ledger.rows)).watermark ?? plan.lastDue;
  const probes = probeRecords(plan, from);
  records.push(...probes);
  await control("POST", "/records", { records: probes.map(({ record }) => record) });
  // A window needs a moment between its start and its end.
  while (!(await syncNow())) await sleep(50);
  const last = await waitForRest(
    ledger.rows,
    ({ watermark }) => watermark !== null && watermark > from,
    quietMs,
  );
  history.note("rest.last");
  return last === null ? [] : stuck(last);
}

function isMapped({ storm: strokes }: Plan): boolean {
  return strokes.some((stroke) => stroke.kind === "deed" && stroke.deed.kind === "uploadMapping");
}
