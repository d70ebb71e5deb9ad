/** The figures as somebody reads them: medians, ratio, goal, verdict. */
import type { Goal, Measure } from "./row";

export type Line = {
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  readonly floor: number | null;
  readonly ratio: number | null;
  readonly goal: string;
  readonly verdict: "met" | "missed" | "";
  readonly runs: number;
  readonly notes: readonly string[];
};

/** The same measure of several runs; the ratio is the median of the ratios, each of one run. */
export function lineOf(measures: readonly [Measure, ...Measure[]]): Line {
  const [{ name, unit, goal }] = measures;
  const ours = median(measures.map((each) => each.ours));
  const floors = measures.flatMap((each) => each.floor ?? []);
  const ratios = measures.flatMap((each) => (each.floor === null ? [] : each.ours / each.floor));
  const ratio = ratios.length === 0 ? null : median(ratios);
  return {
    ...{ name, unit, ours, ratio },
    floor: floors.length === 0 ? null : median(floors),
    goal: goal === null ? "" : wordsOf(goal),
    verdict: goal === null ? "" : isMet(goal, ours, ratio) ? "met" : "missed",
    runs: measures.length,
    notes: measures.flatMap((each) => each.note ?? []),
  };
}

export function tableOf(lines: readonly Line[]): string {
  const head = ["row", "ours", "floor", "ratio", "goal", "verdict", "unit"];
  const rows = lines.map((line) => [
    line.name,
    figure(line.ours),
    line.floor === null ? "" : figure(line.floor),
    line.ratio === null ? "" : line.ratio.toFixed(2),
    line.goal,
    line.verdict,
    line.unit,
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const print = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column >= 1 && column <= 3 ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [print(head), ...rows.map(print)].join("\n");
}

function isMet(goal: Goal, ours: number, ratio: number | null): boolean {
  if ("ratioAtLeast" in goal) return ratio !== null && ratio >= goal.ratioAtLeast;
  if ("ratioAtMost" in goal) return ratio !== null && ratio <= goal.ratioAtMost;
  return "atLeast" in goal ? ours >= goal.atLeast : ours <= goal.atMost;
}

function wordsOf(goal: Goal): string {
  if ("ratioAtLeast" in goal) return `ratio >= ${goal.ratioAtLeast}`;
  if ("ratioAtMost" in goal) return `ratio <= ${goal.ratioAtMost}`;
  return "atLeast" in goal ? `>= ${goal.atLeast}` : `<= ${goal.atMost}`;
}

function figure(value: number): string {
  return Math.abs(value) >= 100 ? Math.round(value).toString() : value.toFixed(2);
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = 0, high = 0] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return (low + high) / 2;
}
