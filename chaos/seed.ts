/** One seed from its plan to its verdict. */
import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { type Administrator, createAdministrator } from "./administrator";
import type { SeedChoice } from "./arguments";
import { checkFiles } from "./checker/files";
import { checkSecrets } from "./checker/secrets";
import { type Violation, violation } from "./checker/violation";
import { watchWatermark } from "./checker/watermark";
import { expectationOf } from "./expectation";
import type { Bundle } from "./bundle";
import type { Form } from "./form";
import { openHistory } from "./history";
import { createInstallation, type Installation } from "./installation";
import { storm } from "./nemesis";
import { observe } from "./observation";
import { createPlan, deedIn, type Plan } from "./plan";
import { comeToRest } from "./rest";
import { doneOf, passLookBack, passTime, restOf } from "./quiet";
import { createChance } from "./random";
import { canary } from "./archive";
import type { Services } from "./services";
import type { RecordTruth } from "./truth";
import { createHerd } from "./workers";
import { verdictOn } from "./verdict";
import { recordsThatCome } from "./world";

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
  readonly bundle: Bundle;
  /** Where histories are kept. */
  readonly dir: string;
  readonly keeps: boolean;
};

/** A day of look-back passes while so many looks at the clock are taken. */
const looksADay = 8;

export async function runSeed(
  { seed, delivery }: SeedChoice,
  form: Form,
  parts: SeedParts,
): Promise<Verdict> {
  const { services, bundle, dir, keeps } = parts;
  const startedAt = performance.now();
  const called = `${delivery === "sftp" ? "sftp-" : ""}${form.name}-${seed}`;
  const history = openHistory(join(dir, `${called}.jsonl`));
  const logs = openHistory(join(dir, `${called}.log`));
  const hasRedis = services.redisUrl !== null;
  const plan = createPlan(seed, form, { now: new Date(), hasRedis, delivery });
  history.note("plan", { seed, queue: plan.queue, workers: plan.workers, storm: plan.storm });
  const installation = await createInstallation(services, plan);
  const { ledger, control, container, drop } = installation;
  const herd = createHerd({
    ...{ bundle, count: plan.workers, env: installation.env, logFile: logs.path, history },
    ...{ chance: createChance(`herd-${called}`), remember: services.remember },
  });
  try {
    const administrator = createAdministrator(installation, plan, history);
    const records = [...plan.archive.records];
    // What is restored comes when it comes: its window may have been read before.
    const inTime = () => records.filter(({ comes }) => comes !== "restored");
    const watch = watchWatermark(ledger.rows, inTime);
    const slowness = await herd.start();
    history.note("started", { slowness });
    const clerk = keepTime(installation, plan, administrator);
    const nemesis = { services, installation, herd, administrator, history, slowness };
    const mapping = { isMappedLater: false, isMappedAnew: false };
    const work = expectationOf(plan.cast, workOf(plan), mapping);
    const total = work.reduce((sum, { deliveries }) => sum + deliveries.length, 0);
    const progress = async () => (await doneOf(ledger.rows)) / total;
    const faults = await storm(nemesis, plan, progress);
    await clerk.stop();
    const violations = await comeToRest(installation, plan, administrator, records, history);
    violations.push(...(await watch.stop()));
    const seen = await observe(ledger.rows, control, plan.cast.mailboxes);
    await herd.stop();
    violations.push(
      ...verdictOn(plan, records, seen),
      ...(drop === null ? [] : checkFiles(drop.delivered(), seen)),
      ...(await checkSecrets(drop === null ? [canary] : [canary, drop.lineOfKey()], {
        ...{ rows: ledger.rows, redisUrl: services.redisUrl, storage: services.storage },
        ...{ container, logFile: logs.path },
      })),
      ...herd.endedByThemselves.map((how) => violation("I8", "a worker ended by itself", { how })),
    );
    const audit = await administrator.verifyAudit();
    if (audit !== null) violations.push(violation("I6", audit));
    for (const one of violations) history.note("violation", one);
    history.note("judged");
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
  { ledger, control, drop }: Installation,
  plan: Plan,
  { syncNow, catchUp }: Administrator,
): { stop(): Promise<void> } {
  const over = new AbortController();
  const isRestored = drop !== null || deedIn(plan, "restore") !== undefined;
  const running = (async () => {
    await sleep(plan.form.lateMs);
    if (drop !== null) drop.completeAll("late");
    else await control("POST", "/records", { records: recordsThatCome("late", plan.archive) });
    let isSynced = !plan.syncsEarly;
    for (let looks = 1; !over.signal.aborted; looks += 1) {
      await passTime(ledger.rows);
      if (isRestored) await passLookBack(ledger.rows, looks % looksADay === 0);
      const { state, watermark } = await restOf(ledger.rows);
      const isDue = state === "ACTIVE" && watermark !== null && watermark >= plan.lastDue;
      if (!isSynced && isDue) isSynced = await syncNow();
      await catchUp();
      await sleep(250);
    }
  })();
  return {
    async stop() {
      over.abort();
      await running;
    },
  };
}
