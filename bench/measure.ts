/** Row by row, run by run: measure, print, keep. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";
import type { BenchArguments } from "./arguments";
import { ceiling } from "./graph-client";
import type { Context, Measure, Row } from "./row";
import { allRows } from "./rows";
import { startServices } from "./services";
import { putWorld } from "./simulator";
import { type Line, lineOf, tableOf } from "./table";

export async function measureAll(args: BenchArguments): Promise<number> {
  const rows = chosenRows(args.names);
  const startedAt = performance.now();
  const say = (line: string) => {
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    console.log(`${seconds.padStart(4)} s  ${line}`);
  };
  const services = await startServices();
  const stop = stopOnce(() => services.stop());
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => void stop().then(() => process.exit(130)));
  }
  try {
    const context: Context = { services, scale: args.scale, say };
    const creates = Math.max(1_000, 10_000 * args.scale);
    await putWorld(services, { items: 0, mailboxes: 200, copies: 1 });
    const bare = await ceiling(services, { creates, mailboxes: 200 });
    say(`the simulator's bare ceiling: ${bare.toFixed(0)} creates/s over 8 connections`);
    const lines: Line[] = [];
    const left = countdown(rows, args);
    for (const row of rows) {
      const measured = await measureRow(row, args.runs ?? row.runs, context, left);
      keep(args, row, measured, bare);
      lines.push(...measured);
    }
    console.log(`\n${tableOf(lines)}`);
    for (const line of lines) for (const note of line.notes) console.log(`${line.name}: ${note}`);
    console.log(`The simulator's bare ceiling: ${bare.toFixed(0)} creates/s`);
    return lines.some(({ verdict }) => verdict === "missed") ? 1 : 0;
  } finally {
    await stop();
  }
}

function chosenRows(names: readonly string[]): readonly Row[] {
  if (names.length === 0) return allRows.filter((row) => row.isByHand !== true);
  return names.map((name) => {
    const row = allRows.find((each) => each.name === name);
    const known = allRows.map((each) => each.name).join(", ");
    if (row === undefined) throw new Error(`There is no row "${name}"; there are ${known}.`);
    return row;
  });
}

/** Ours and the floor take turns: each run measures both. */
async function measureRow(
  row: Row,
  runs: number,
  context: Context,
  left: Countdown,
): Promise<readonly Line[]> {
  const byName = new Map<string, [Measure, ...Measure[]]>();
  for (let run = 1; run <= runs; run += 1) {
    context.say(`${row.name}, run ${run} of ${runs}: ${row.about} (${left.words()})`);
    for (const measure of await row.measure(context)) {
      const before = byName.get(measure.name);
      if (before === undefined) byName.set(measure.name, [measure]);
      else before.push(measure);
    }
    left.passed(row);
  }
  const lines = [...byName.values()].map(lineOf);
  context.say(`${row.name} is done\n${tableOf(lines)}`);
  return lines;
}

type Countdown = { passed(row: Row): void; words(): string };

/** What is left by the rows' own estimates, stretched as what is over has been. */
function countdown(rows: readonly Row[], { runs, scale }: BenchArguments): Countdown {
  const secondsOf = (row: Row) => row.seconds * (row.name.startsWith("limits") ? 1 : scale);
  let left = rows.reduce((sum, row) => sum + secondsOf(row) * (runs ?? row.runs), 0);
  let over = 0;
  const startedAt = performance.now();
  return {
    passed(row) {
      left -= secondsOf(row);
      over += secondsOf(row);
    },
    words() {
      const stretch = over === 0 ? 1 : (performance.now() - startedAt) / 1000 / over;
      return `about ${Math.max(1, Math.ceil((left * stretch) / 60))} min left`;
    },
  };
}

type Kept = Record<string, unknown>;

/** Each row has its place in the file, so that rows can be measured apart from each other. */
function keep(args: BenchArguments, row: Row, lines: readonly Line[], bare: number): void {
  const before: Kept = existsSync(args.out)
    ? (JSON.parse(readFileSync(args.out, "utf8")) as Kept)
    : {};
  const [cpu] = cpus();
  const figures = {
    measuredAt: new Date().toISOString(),
    machine: { cores: cpus().length, model: cpu?.model ?? "", node: process.version },
    scale: args.scale,
    simulatorCreatesPerSecond: bare,
    lines,
  };
  mkdirSync(dirname(args.out), { recursive: true });
  writeFileSync(args.out, `${JSON.stringify({ ...before, [row.name]: figures }, null, 2)}\n`);
}

function stopOnce(stop: () => Promise<void>): () => Promise<void> {
  let stopping: Promise<void> | undefined;
  return () => (stopping ??= stop());
}
