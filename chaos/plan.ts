/** Everything a seed decides, before anything happens: its world, its work, and what is done to it when. */
import { type Form } from "./form";
import { createCast, type Cast } from "./people";
import { createChance } from "./random";
import { type Archive, createArchive } from "./archive";
import { planStorm, type Stroke } from "./storm";

export type Plan = {
  readonly seed: number;
  readonly form: Form;
  readonly queue: "postgres" | "redis";
  readonly workers: number;
  readonly cast: Cast;
  readonly archive: Archive;
  readonly storm: readonly Stroke[];
  /** Somebody asks for a run at once while the storm is on. */
  readonly syncsEarly: boolean;
  readonly connector: {
    readonly finishedAt: Date;
    readonly timeOfDay: string;
    readonly sizeLimitBytes: number;
  };
  /** End of the last window that is due by itself; what lies behind it waits for "Sync now". */
  readonly lastDue: Date;
  readonly password: string;
};

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const settleMs = 5 * minuteMs;

export type Conditions = { readonly now: Date; readonly hasRedis: boolean };

export function createPlan(seed: number, form: Form, { now, hasRedis }: Conditions): Plan {
  const chance = createChance(`${form.name}-${seed}`);
  const queue = chance.percent(50) && hasRedis ? "redis" : "postgres";
  const cast = createCast(chance.fork("people"), form.people);
  // Scheduled instants lie six hours back and every day before; Finish was longer ago than one or two of them.
  const lastInstant = Math.floor((now.getTime() - 6 * hourMs) / minuteMs) * minuteMs;
  const instants = form.name === "long" ? [lastInstant - dayMs, lastInstant] : [lastInstant];
  const finishedAt = (instants[0] ?? lastInstant) - chance.between(1, 10) * hourMs;
  const firstEnd = finishedAt - settleMs;
  const ends = instants.map((instant) => instant - settleMs);
  const borders = [firstEnd - dayMs, firstEnd, ...ends, now.getTime() - settleMs - 3 * minuteMs];
  const sizeLimitBytes = form.sizeLimitMib * 1_048_576;
  const archive = createArchive(chance.fork("archive"), {
    ...{ seed: `${form.name}-${seed}`, cast, messages: form.messages, sizeLimitBytes },
    largestFileBytes: form.largestFileBytes,
    borders: borders.map((border) => new Date(border)),
  });
  return {
    ...{ seed, form, queue, cast, archive },
    workers: chance.between(1, 3),
    syncsEarly: chance.percent(50),
    storm: planStorm(chance.fork("storm"), form, { cast, queue }),
    connector: {
      finishedAt: new Date(finishedAt),
      timeOfDay: new Date(lastInstant).toISOString().slice(11, 16),
      sizeLimitBytes,
    },
    lastDue: new Date(lastInstant - settleMs),
    password: `canary-password-${form.name}-${seed}`,
  };
}
