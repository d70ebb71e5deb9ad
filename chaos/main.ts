/**
 * Syncs a known world while a nemesis is at work, and compares what the source had with the books and
 * the mailboxes. Every seed is another world and another storm.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureTools, redis } from "../scripts/checks/tools";
import { generateClient } from "../scripts/supervisor/build";
import { Misuse, readArguments } from "./arguments";
import { bundleWorker } from "./bundle";
import type { SeedParts, Verdict } from "./seed";
import { type Services, startServices } from "./services";

process.env["LOG_LEVEL"] = "error";
const root = fileURLToPath(new URL("..", import.meta.url));

async function main(): Promise<number> {
  const { seeds, form, jobs, keeps } = readArguments(process.argv.slice(2));
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
    for (const { sentence } of ensureTools([redis], say)) say(sentence);
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
        for (const seed of queue) {
          const verdict = await runSeed(seed, form, parts);
          violations += tell(seed, verdict);
        }
      }),
    );
    const first = seeds[0] ?? 0;
    const last = seeds.at(-1) ?? 0;
    say(`seeds ${first}-${last} (${form.name}): ${violations} violations`);
    return violations === 0 ? 0 : 1;
  } finally {
    await stop();
  }
}

/** @returns how many violations there were */
function tell(seed: number, { plan, violations, ...figures }: Verdict): number {
  const { queue, workers, form, archive } = plan;
  const verdict = violations.length === 0 ? "ok" : `${violations.length} VIOLATIONS`;
  say(
    [
      `seed ${String(seed).padStart(4)} ${form.name}`,
      `${queue.padEnd(8)} ${workers} workers`,
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
