/** What people do while the storm is on; whoever began a deed sets it right again. */
import type { Delivery } from "./arguments";
import { type Form } from "./form";
import { type Cast, mailboxOf } from "./people";
import type { Chance } from "./random";

export type Deed =
  | { readonly kind: "pause" }
  | { readonly kind: "revokeConsent" }
  /** By SFTP it is the key of the user. */
  | { readonly kind: "changePassword" }
  /** The SFTP server gets another. */
  | { readonly kind: "changeHostKey" }
  | { readonly kind: "fillMailbox"; readonly upn: string; readonly state: "full" | "denied" }
  /** Somebody who had no mailbox gets one. */
  | { readonly kind: "extendMapping" }
  /** Somebody gets another mailbox than before. */
  | { readonly kind: "changeMapping" }
  /** Somebody leaves the directory and comes back. */
  | { readonly kind: "removePerson" }
  | { readonly kind: "backfill" }
  | { readonly kind: "cancelRun"; readonly which: "oldest" | "newest" }
  | { readonly kind: "retry"; readonly by: "run" | "code" | "mailbox" | "items" }
  /** The connector is deleted, and another is made for the same account. */
  | { readonly kind: "replaceConnector" }
  /** The archive holds nothing older any more: for a while, or from then on. */
  | { readonly kind: "forget"; readonly share: number; readonly isForGood: boolean }
  /** The archive takes in what it has missed, into windows that may have been read long ago. */
  | { readonly kind: "restore" };

export type DeedStroke = {
  readonly at: number;
  readonly kind: "deed";
  readonly deed: Deed;
  readonly forMs: number;
};

type Ground = { readonly cast: Cast; readonly seed: number; readonly delivery: Delivery };

/** The first follows from the seed, so that no deed is left out by chance; the others are drawn. */
export function drawDeeds(chance: Chance, form: Form, ground: Ground): DeedStroke[] {
  const { cast, seed, delivery } = ground;
  const isSftp = delivery === "sftp";
  const all = isSftp ? bySftp(chance, cast) : allDeeds(chance, cast);
  const chosen = new Map<Deed["kind"], Deed>();
  // Of seeds that are mixed only every third is one by SFTP.
  const turn = isSftp ? Math.floor(seed / 3) + (seed % 3) * 4 : seed;
  const first = all[turn % all.length];
  if (first !== undefined) chosen.set(first.kind, first);
  for (let tries = 0; tries < form.deeds * 2 && chosen.size < form.deeds; tries += 1) {
    const deed = chance.pick(all);
    chosen.set(deed.kind, deed);
  }
  // What was let go by hand is met again only by reading again, which an archive that forgot refuses.
  const isTakenUpAgain = chosen.has("cancelRun") || chosen.has("replaceConnector");
  return [...chosen.values()].map((deed) => ({
    at: Math.round(chance.next() * (isEarly.has(deed.kind) ? 400 : 1000)) / 1000,
    kind: "deed",
    deed: deed.kind === "forget" && isTakenUpAgain ? { ...deed, isForGood: false } : deed,
    forMs: chance.between(200, form.deedMs),
  }));
}

/** Of no effect where everything has been read. */
const isEarly: ReadonlySet<Deed["kind"]> = new Set(["forget", "changeMapping", "removePerson"]);

/** Those that only this delivery has, or may go wrong in its own way, come first. */
const sftpOrder: readonly Deed["kind"][] = [
  ...(["retry", "changeHostKey", "pause", "changePassword", "backfill", "cancelRun"] as const),
  ...(["replaceConnector", "revokeConsent", "changeMapping", "extendMapping"] as const),
  ...(["fillMailbox", "removePerson"] as const),
];

/** A folder forgets nothing by itself; what it gets late are files, not deeds. */
function bySftp(chance: Chance, cast: Cast): [Deed, ...Deed[]] {
  const all: [Deed, ...Deed[]] = [{ kind: "changeHostKey" }, ...allDeeds(chance, cast)];
  const place = ({ kind }: Deed) => sftpOrder.indexOf(kind);
  const ordered = all.filter((deed) => place(deed) >= 0);
  ordered.sort((one, other) => place(one) - place(other));
  return ordered as [Deed, ...Deed[]];
}

function allDeeds(chance: Chance, cast: Cast): [Deed, ...Deed[]] {
  // Only somebody others write to gets mail on the day after, which opens the mailbox again.
  const mapping = { isMappedLater: false, isMappedAnew: false };
  const company = cast.people
    .filter(({ isAlone, isArchived }) => isArchived && !isAlone)
    .flatMap((person) => mailboxOf(cast, person, mapping) ?? [])
    .filter(({ state }) => state === "ok");
  return [
    { kind: "pause" },
    { kind: "revokeConsent" },
    { kind: "changePassword" },
    {
      kind: "fillMailbox",
      upn: company[chance.between(0, company.length - 1)]?.upn ?? "",
      state: chance.pick(["full", "denied"]),
    },
    { kind: "extendMapping" },
    { kind: "changeMapping" },
    { kind: "removePerson" },
    { kind: "backfill" },
    { kind: "cancelRun", which: chance.pick(["oldest", "newest"]) },
    { kind: "retry", by: chance.pick(["run", "code", "mailbox", "items"]) },
    { kind: "replaceConnector" },
    { kind: "forget", share: chance.next(), isForGood: chance.percent(50) },
    { kind: "restore" },
  ];
}
