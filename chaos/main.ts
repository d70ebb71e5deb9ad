/**
 * Syncs a known world while a nemesis is at work, and compares what the source had with the books and
 * the mailboxes. Every seed is another world and another storm.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findSshServer } from "../scripts/checks/programs";
import { ensureTools, redis, sshServer } from "../scripts/checks/tools";
import { generateClient } from "../scripts/supervisor/build";
import { Misuse, readArguments, type SeedChoice } from "./arguments";
import { bundleWorker } from "./bundle";
import type { SeedParts, Verdict } from "./seed";
import { type Services, startServices } from "./services";

process.env["LOG_LEVEL"] = "error";
const root = fileURLToPath(new URL("..", import.meta.url));

async function main(): Promise<number> {
  const { form, jobs, keeps, ...asked } = readArguments(process.argv.slice(2));
  const dir = join(root, ".test-data", "chaos");
  mkdirSync(dir, { recursive: true });
  // Beside node_modules: what the bundle leaves outside is found there.
  const place = mkdtempSync(join(root, ".test-data", "chaos-worker-"));
  const running: Services[] = [];
  const stop = async () => {
    await Promise.all(running.splice(0).map((services) => services.stop()));
    rmSync(place, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => void stop().finally(() => process.exit(130)));
  }
  try {
    // Where there is none, the queue stays on PostgreSQL.
    for (const { sentence } of ensureTools([redis, sshServer], say)) say(sentence);
    const hasSsh = findSshServer() !== null;
    const seeds = asked.seeds.filter(({ delivery }) => hasSsh || delivery !== "sftp");
    if (seeds.length === 0) throw new Misuse("Without an SSH server there is no delivery by SFTP.");
    await generateClient({ root, env: process.env, logFile: join(dir, "generate.log") });
    // Not before: it knows the database by what was just made.
    const { runSeed } = await import("./seed");
    const bundle = await bundleWorker(root, place);
    const queue = seeds.values();
    let violations = 0;
    await Promise.all(
      Array.from({ length: Math.min(jobs, seeds.length) }, async () => {
        const services = await startServices();
        running.push(services);
        const parts: SeedParts = { services, bundle, dir, keeps };
        for (const each of queue) {
          violations += await runSeed(each, form, parts).then(
            (verdict) => tell(each, verdict),
            (thrown: unknown) => tellUnjudged(each, thrown),
          );
        }
      }),
    );
    say(`seeds ${inWords(seeds)} (${form.name}): ${violations} violations`);
    return violations === 0 ? 0 : 1;
  } finally {
    await stop();
  }
}

/** @returns how many violations there were */
function tell({ seed, delivery }: SeedChoice, { plan, violations, ...figures }: Verdict): number {
  const { queue, workers, form, archive } = plan;
  const verdict = violations.length === 0 ? "ok" : `${violations.length} VIOLATIONS`;
  say(
    [
      `seed ${String(seed).padStart(4)} ${form.name}`,
      `${delivery.padEnd(4)}  ${queue.padEnd(8)} ${workers} workers`,
      `${String(archive.records.length).padStart(4)} records`,
      `${String(figures.deliveries).padStart(5)} deliveries`,
      `${String(figures.hits.length).padStart(3)} faults`,
      `${figures.seconds.toFixed(1).padStart(5)} s`,
      verdict,
    ].join("  "),
  );
  for (const { invariant, what, ids } of violations.slice(0, 12)) {
    say(`  ${invariant}: ${what} ${JSON.stringify(ids)}`);
  }
  if (violations.length > 12) say(`  and ${violations.length - 12} more`);
  if (violations.length > 0) say(`  seed ${seed}; its history: ${figures.historyPath}`);
  return violations.length;
}

/**
 * What was not judged is not known to be right, and the seeds behind it are to be judged all the same.
 * @returns one: it counts as a violation
 */
function tellUnjudged({ seed, delivery }: SeedChoice, thrown: unknown): number {
  say(
    `seed ${String(seed).padStart(4)} ${delivery.padEnd(4)}  NOT JUDGED: the check itself failed`,
  );
  say(`  ${thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown)}`);
  return 1;
}

/** From the first to the last; how many of them are of a delivery by SFTP, where some are. */
function inWords(seeds: readonly SeedChoice[]): string {
  const numbers = seeds.map(({ seed }) => seed);
  const bySftp = seeds.filter(({ delivery }) => delivery === "sftp").length;
  const span = `${Math.min(...numbers)}-${Math.max(...numbers)}`;
  return bySftp === 0 ? span : `${span}, ${bySftp} of ${seeds.length} by SFTP`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

try {
  process.exitCode = await main();
} catch (thrown) {
  if (!(thrown instanceof Misuse)) throw thrown;
  process.stderr.write(`${thrown.message}\n`);
  process.exitCode = 2;
}
