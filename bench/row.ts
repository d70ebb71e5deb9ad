/** What a row of the table is made of. */
import type { Services } from "./services";

export type Measure = {
  /** What one line of the table says, e.g. "latency, 2 workers". */
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** Null: what is measured has no floor, only a goal. */
  readonly floor: number | null;
  readonly goal: Goal | null;
  /** Beside the table, e.g. the CPU share of each process. */
  readonly note?: string;
};

export type Goal =
  | { readonly ratioAtLeast: number }
  | { readonly ratioAtMost: number }
  | { readonly atLeast: number }
  | { readonly atMost: number };

export type Row = {
  readonly name: string;
  readonly about: string;
  /** How often it is measured when nobody says. */
  readonly runs: number;
  /** What a run takes on two quiet cores, to say how long is left. */
  readonly seconds: number;
  /** Left out unless it is named. */
  readonly isByHand?: boolean;
  /** One measurement of ours and of the floor, one right after the other. */
  measure(context: Context): Promise<readonly Measure[]>;
};

export type Context = {
  readonly services: Services;
  /** Shrinks the work for a quick look; figures with anything but 1 are no result. */
  readonly scale: number;
  readonly say: (line: string) => void;
};

/** A size of the work, at the scale asked for. */
export function scaled(size: number, scale: number): number {
  return Math.max(1, Math.round(size * scale));
}
