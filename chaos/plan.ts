/** Everything a seed decides, before anything happens: its world, its work, and what is done to it when. */
import { type Form } from "./form";
import { createCast, type Cast } from "./people";
import { type Chance, createChance } from "./random";
import { type Archive, type ArchivePlan, createArchive } from "./archive";
import type { Delivery } from "./arguments";
import type { Deed } from "./deeds";
import { createDrop, type Drop, flawed } from "./drop";
import { planSftpStorm, planStorm, type Stroke } from "./storm";

export type Plan = {
  readonly seed: number;
  readonly form: Form;
  readonly queue: "postgres" | "redis";
  readonly workers: number;
  readonly cast: Cast;
  readonly archive: Archive;
  /** Where the archive is delivered by SFTP; its records are in these files. */
  readonly drop: Drop | null;
  readonly storm: readonly Stroke[];
  /** Somebody asks for a run at once while the storm is on. */
  readonly syncsEarly: boolean;
  readonly connector: {
    readonly finishedAt: Date;
    readonly timeOfDay: string;
    readonly sizeLimitBytes: number;
  };
  /** Nothing is older. */
  readonly from: Date;
  /** End of the last window that is due by itself; what lies behind it waits for "Sync now". */
  readonly lastDue: Date;
  readonly password: string;
};

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
const settleMs = 5 * minuteMs;

export type Conditions = {
  readonly now: Date;
  readonly hasRedis: boolean;
  readonly delivery?: Delivery;
};

export function createPlan(seed: number, form: Form, conditions: Conditions): Plan {
  const { now, hasRedis, delivery = "api" } = conditions;
  const called = delivery === "sftp" ? `sftp-${form.name}-${seed}` : `${form.name}-${seed}`;
  const chance = createChance(called);
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
  const ground: Ground = { cast, queue, seed, delivery };
  const world = {
    ...{ seed: called, cast, messages: form.messages, sizeLimitBytes },
    largestFileBytes: form.largestFileBytes,
    borders: borders.map((border) => new Date(border)),
  };
  const { storm, archive, drop } =
    delivery === "sftp" ? bySftp(chance, form, ground, world) : byApi(chance, form, ground, world);
  return {
    ...{ seed, form, queue, cast, archive, drop, from: new Date(firstEnd - dayMs) },
    workers: chance.between(1, 3),
    syncsEarly: chance.percent(50),
    storm,
    connector: {
      finishedAt: new Date(finishedAt),
      timeOfDay: new Date(lastInstant).toISOString().slice(11, 16),
      sizeLimitBytes,
    },
    lastDue: new Date(lastInstant - settleMs),
    password: `canary-password-${called}`,
  };
}

type Ground = Parameters<typeof planStorm>[2];
type World = Omit<ArchivePlan, "isRestored">;
type Parts = Pick<Plan, "storm" | "archive" | "drop">;

function byApi(chance: Chance, form: Form, ground: Ground, world: World): Parts {
  const storm = planStorm(chance.fork("storm"), form, ground);
  const isRestored = deedsOf(storm).some(({ kind }) => kind === "restore");
  const archive = createArchive(chance.fork("archive"), { ...world, isRestored });
  return { storm, archive, drop: null };
}

function bySftp(chance: Chance, form: Form, ground: Ground, world: World): Parts {
  const drop = createDrop(chance.fork("drop"), { ...world, files: form.drop.files });
  const storm = planSftpStorm(chance.fork("storm"), form, ground, flawed(drop));
  return { storm, archive: { records: drop.records, attachments: {} }, drop };
}

export function deedsOf(storm: readonly Stroke[]): Deed[] {
  return storm.flatMap((stroke) => (stroke.kind === "deed" ? [stroke.deed] : []));
}

/** The deed of this kind, where the seed has it. */
export function deedIn<Kind extends Deed["kind"]>(
  { storm }: Pick<Plan, "storm">,
  kind: Kind,
): Extract<Deed, { kind: Kind }> | undefined {
  type Found = Extract<Deed, { kind: Kind }>;
  return deedsOf(storm).find((deed): deed is Found => deed.kind === kind);
}

/** Where an archive that forgets begins from then on. */
export function oldestHeld({ from, lastDue }: Pick<Plan, "from" | "lastDue">, share: number): Date {
  return new Date(from.getTime() + Math.floor(share * (lastDue.getTime() - from.getTime())));
}
