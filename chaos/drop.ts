/** The files of a delivery by SFTP: what lies in them in the end, and how each of them first lies there. */
import { bytesOf, canary, instant, largestFiles, largerFileBytes, some, words } from "./archive";
import { hugeKinds, type MailDesk, mailKinds } from "./mails";
import type { Cast, Person } from "./people";
import type { Chance } from "./random";
import { type Arrival, type RecordTruth, sha256 } from "./truth";

/** What is not whole from the beginning is set right while the storm is on. */
export type FirstState =
  | "whole"
  /** of a window nobody has read yet */
  | "late"
  /** of any window */
  | "missing"
  | "truncated"
  | "wrongCount"
  /** another file takes its place, with more in it */
  | "fewer"
  | "temporary";

export type DropFile = {
  readonly name: string;
  /** As its name says. */
  readonly at: Date;
  readonly first: FirstState;
  readonly mails: readonly Buffer[];
};

export type Drop = {
  /** To `done/`, as the administrator wants it. */
  readonly movesFinishedFiles: boolean;
  readonly files: readonly DropFile[];
  readonly records: readonly RecordTruth[];
};

export type DropPlan = {
  readonly seed: string;
  readonly cast: Cast;
  readonly messages: number;
  readonly files: number;
  readonly sizeLimitBytes: number;
  readonly largestFileBytes: number;
  readonly borders: readonly Date[];
};

/** A mail is parsed in one go: more of them would starve leases that are as short as they are here. */
const mostHuge = 3;

export function createDrop(chance: Chance, plan: DropPlan): Drop {
  const { seed, cast } = plan;
  const files = Array.from({ length: plan.files }, (_, index) => emptyFile(chance, plan, index));
  const records: RecordTruth[] = [];
  const archived = cast.people.filter(({ isArchived }) => isArchived) as [Person, ...Person[]];
  const company = cast.people.filter(({ isAlone }) => !isAlone);
  let serial = 0;
  let large = 0;
  let huge = 0;
  for (let index = 0; index < plan.messages; index += 1) {
    const writer = chance.pick(archived);
    const people = [writer, ...(writer.isAlone ? [] : some(chance, company, writer))] as const;
    const file = files[index % files.length];
    const drawn = chance.pick(mailKinds);
    const write = hugeKinds.has(drawn) && (huge += 1) > mostHuge ? mailKinds[0] : drawn;
    const desk: MailDesk = {
      ...{ chance, people, limit: plan.sizeLimitBytes },
      text: `${canary}-${seed}-${index} ${chance.pick(words)}`,
      nextId: () => `mail-${seed}-${(serial += 1)}`,
      bytesOf: (sizeBytes) => bytesOf(chance, sizeBytes),
      large() {
        large += 1;
        if (large <= largestFiles) return plan.largestFileBytes;
        return chance.between(40_000, Math.min(plan.largestFileBytes, largerFileBytes));
      },
      add(bytes, item) {
        if (file === undefined) return;
        file.mails.push(bytes);
        const truth = { record: null, sha256: sha256(bytes), receivedAt: file.at, item };
        records.push({ ...truth, comes: arrivals[file.first], label: `${write.name} ${index}` });
      },
    };
    write(desk);
  }
  return { movesFinishedFiles: chance.percent(50), files, records };
}

const arrivals: Readonly<Record<FirstState, Arrival>> = {
  ...{ whole: "before", late: "late", missing: "restored", truncated: "restored" },
  ...{ wrongCount: "restored", fewer: "restored", temporary: "restored" },
};

const flaws = ["missing", "truncated", "wrongCount", "fewer", "temporary"] as const;

function emptyFile(chance: Chance, { borders }: DropPlan, index: number) {
  const { receivedAt, comes } = instant(chance, { borders, isRestored: false });
  const isFlawed = chance.percent(45) && comes !== "late";
  const first: FirstState = comes === "late" ? "late" : isFlawed ? chance.pick(flaws) : "whole";
  const name = dropName(index, receivedAt, chance.pick(["digits", "epoch"]));
  return { name, at: receivedAt, first, mails: new Array<Buffer>() };
}

/** To the millisecond, in either of two ways the vendor may mean. */
export function dropName(number: number, at: Date, form: "digits" | "epoch" = "digits"): string {
  const digits = at.toISOString().replace(/\D/g, "");
  const time = form === "epoch" ? String(at.getTime()) : digits;
  return `${digits.slice(0, 8)}0000-TeleMessage_${number}_${time}.zip`;
}

/** Not whole for a while; a run of their window may say so. */
export function flawed({ files }: Drop): DropFile[] {
  return files.filter(({ first }) => first !== "whole" && first !== "late");
}
