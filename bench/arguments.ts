/** `npm run bench -- <row names> --runs 1 --out figures.json --scale 0.1`. */
import { parseArgs } from "node:util";

export type BenchArguments = {
  readonly names: readonly string[];
  /** Null: as often as each row says. */
  readonly runs: number | null;
  readonly out: string;
  readonly scale: number;
};

export function readArguments(args: readonly string[]): BenchArguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runs: { type: "string" },
      out: { type: "string", default: ".data/bench.json" },
      scale: { type: "string", default: "1" },
    },
  });
  const runs = values.runs === undefined ? null : Number(values.runs);
  const scale = Number(values.scale);
  if (runs !== null && !(Number.isInteger(runs) && runs > 0)) throw new Error("--runs is a number");
  if (!(scale > 0 && scale <= 1)) throw new Error("--scale lies above 0 and is at most 1");
  return { names: positionals, runs, out: values.out, scale };
}
