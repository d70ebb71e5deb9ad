/** `npm run chaos -- --seeds 1-25 --form short --jobs 2`. */
import { type Form, forms } from "./form";

export type Choice = {
  readonly seeds: readonly number[];
  readonly form: Form;
  readonly jobs: number;
  /** Histories are kept also where nothing went wrong. */
  readonly keeps: boolean;
};

export class Misuse extends Error {
  override readonly name = "Misuse";
}

const usage = "Use: npm run chaos -- [--seeds 1-5] [--form short|long] [--jobs 1] [--history keep]";

export function readArguments(args: readonly string[]): Choice {
  const given = new Map<string, string>();
  for (let at = 0; at < args.length; at += 2) {
    const [name = "", value] = args.slice(at, at + 2);
    if (!["--seeds", "--form", "--jobs", "--history"].includes(name) || value === undefined) {
      throw new Misuse(usage);
    }
    given.set(name, value);
  }
  const form = given.get("--form") ?? "long";
  if (form !== "short" && form !== "long") throw new Misuse(usage);
  const jobs = Number(given.get("--jobs") ?? 1);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 16) throw new Misuse(usage);
  const keeps = given.get("--history") === "keep";
  return { seeds: readSeeds(given.get("--seeds") ?? "1-5"), form: forms[form], jobs, keeps };
}

/** `3`, `1-25` or `1-5,9`. */
function readSeeds(text: string): number[] {
  return text.split(",").flatMap((part) => {
    const match = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part.trim());
    const first = Number(match?.[1]);
    const last = Number(match?.[2] ?? match?.[1]);
    if (match === null || last < first || last - first > 9_999) throw new Misuse(usage);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
