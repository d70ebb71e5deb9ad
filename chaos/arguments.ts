/** `npm run chaos -- --delivery sftp --seeds 1-25 --form short --jobs 2`. */
import { type Form, forms } from "./form";

export type Delivery = "api" | "sftp";

export type Choice = {
  readonly seeds: readonly SeedChoice[];
  readonly form: Form;
  readonly jobs: number;
  /** Histories are kept also where nothing went wrong. */
  readonly keeps: boolean;
};

/** The same seed is another world and another storm where the archive is delivered otherwise. */
export type SeedChoice = { readonly seed: number; readonly delivery: Delivery };

export class Misuse extends Error {
  override readonly name = "Misuse";
}

const usage =
  "Use: npm run chaos -- [--delivery api|sftp|mixed] [--seeds 1-5] [--form short|long] [--jobs 1] [--history keep]";

const known = ["--delivery", "--seeds", "--form", "--jobs", "--history"];

export function readArguments(args: readonly string[]): Choice {
  const given = new Map<string, string>();
  for (let at = 0; at < args.length; at += 2) {
    const [name = "", value] = args.slice(at, at + 2);
    if (!known.includes(name) || value === undefined) {
      throw new Misuse(usage);
    }
    given.set(name, value);
  }
  const form = given.get("--form") ?? "long";
  if (form !== "short" && form !== "long") throw new Misuse(usage);
  const jobs = Number(given.get("--jobs") ?? 1);
  if (!Number.isInteger(jobs) || jobs < 1 || jobs > 16) throw new Misuse(usage);
  const keeps = given.get("--history") === "keep";
  const numbers = readSeeds(given.get("--seeds") ?? "1-5");
  const named = given.get("--delivery");
  // Nothing asked for at all is a little of both.
  const seeds =
    args.length === 0
      ? [...chosen(numbers, "api"), ...chosen([1], "sftp")]
      : chosen(numbers, named ?? "api");
  return { seeds, form: forms[form], jobs, keeps };
}

/** Mixed: every third of them is one of a delivery by SFTP. */
function chosen(numbers: readonly number[], delivery: string): SeedChoice[] {
  if (delivery === "api" || delivery === "sftp") {
    return numbers.map((seed) => ({ seed, delivery }));
  }
  if (delivery !== "mixed") throw new Misuse(usage);
  return numbers.map((seed) => ({ seed, delivery: seed % 3 === 0 ? "sftp" : "api" }));
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
