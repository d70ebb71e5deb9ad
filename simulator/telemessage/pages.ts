import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { Archive, ArchivedRecord, Position } from "../state/archive";
import type { Clock } from "../state/clock";
import type { PageHabits } from "./account";

export type PageWindow = { readonly from: number; readonly to: number; readonly limit: number };

/** What a cursor says: which window it belongs to, how far it got, and whether a page is due. */
export type Progress = {
  readonly window: PageWindow;
  readonly after: Position | null;
  /** True when the empty page that stands before this one has been given out. */
  readonly paused: boolean;
};

export type Page = {
  readonly records: readonly ArchivedRecord[];
  readonly next: Progress | undefined;
};

/** One page from here on, with the habits in force now. `turn` differs from request to request. */
export function cutPage(
  archive: Archive,
  progress: Progress,
  habits: PageHabits,
  turn: number,
): Page {
  const { window, after } = progress;
  if (habits.empty && !progress.paused) {
    return { records: [], next: { ...progress, paused: true } };
  }
  const size = pageSize(window.limit, habits, turn);
  // One more than fits tells whether there is a next page.
  const found = archive.slice(window.from, window.to, after ?? undefined, size + 1);
  const fresh = found.slice(0, size);
  const last = fresh.at(-1);
  const repeated = habits.repeatEdge && after !== null ? recordAt(archive, window, after) : [];
  const records = [...repeated, ...fresh];
  const hasMore = found.length > size && last !== undefined;
  const next = hasMore
    ? {
        window,
        after: { receivedAt: last.receivedAt, sequence: last.sequence },
        paused: false,
      }
    : undefined;
  return { records: habits.unsorted ? records.reverse() : records, next };
}

function pageSize(limit: number, habits: PageHabits, turn: number): number {
  let size = Math.max(1, Math.min(limit, habits.max ?? limit));
  if (habits.drift)
    size = Math.max(1, size - ((Math.imul(turn, 0x9e3779b1) >>> 16) % Math.ceil(size / 2)));
  // The item that is repeated takes a place of its own, or the page would be over the limit.
  if (habits.repeatEdge && size === limit) size = Math.max(1, size - 1);
  return size;
}

function recordAt(archive: Archive, window: PageWindow, position: Position): ArchivedRecord[] {
  if (window.limit === 1) return [];
  const before = { receivedAt: position.receivedAt, sequence: position.sequence - 1 };
  return archive.slice(window.from, window.to, before, 1);
}

/** Cursors are sealed, because a client is not to make or change one. */
export class Cursors {
  readonly #clock: Clock;
  readonly #key = randomBytes(32);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  write(progress: Progress): string {
    const text = JSON.stringify({ progress, issuedAt: this.#clock() });
    return `${Buffer.from(text).toString("base64url")}.${this.#seal(text)}`;
  }

  read(cursor: string, ttlSeconds: number): Progress | "expired" {
    const [encoded = "", seal = ""] = cursor.split(".");
    const text = Buffer.from(encoded, "base64url").toString();
    const expected = Buffer.from(this.#seal(text));
    const given = Buffer.from(seal);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return "expired";
    const { progress, issuedAt } = JSON.parse(text) as { progress: Progress; issuedAt: number };
    return this.#clock() < issuedAt + ttlSeconds * 1000 ? progress : "expired";
  }

  #seal(text: string): string {
    return createHmac("sha256", this.#key).update(text).digest("base64url");
  }
}
