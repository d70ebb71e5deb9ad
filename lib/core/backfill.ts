/** A past period that somebody asks for, in whole days of the connector's zone. */
import { firstInstantAtLocal } from "./schedule";
import { settleMs, type SyncWindow } from "./window";

const longestDays = 400;

const dayMs = 24 * 60 * 60_000;

type Days = { readonly from: string; readonly to: string };

export type Backfill =
  | { readonly ok: true; readonly window: SyncWindow }
  | { readonly ok: false; readonly fields: Partial<Record<keyof Days, string>> };

/** From the first instant of one day to the last of another, both included. */
export function backfillWindow({ from, to }: Days, zone: string, now: Date): Backfill {
  const [first, last] = [dayIn(from), dayIn(to)];
  const fields = {
    ...(first === null ? { from: "Enter the first day." } : {}),
    ...(last === null ? { to: "Enter the last day." } : {}),
  };
  if (first === null || last === null) return { ok: false, fields };
  if (first > last) return refused("from", "The first day lies after the last one.");
  const days = (last - first) / dayMs + 1;
  if (days > longestDays) {
    return refused(
      "from",
      `At most ${longestDays} days can be imported at once; these are ${days}.`,
    );
  }
  const start = new Date(firstInstantAtLocal(zone, first));
  const end = new Date(firstInstantAtLocal(zone, last + dayMs));
  if (start >= end) return refused("from", `${zone} left this day out of its calendar.`);
  const settledAt = new Date(now.getTime() - settleMs);
  if (end <= settledAt) return { ok: true, window: { start, end } };
  return end <= now
    ? refused("to", "This day has only just ended. Wait until it is 5 minutes past midnight.")
    : refused("to", `This day is not over in ${zone}. Sync now imports what came today.`);
}

function refused(field: keyof Days, message: string): Backfill {
  return { ok: false, fields: { [field]: message } };
}

/** YYYY-MM-DD as if it were UTC; null when there is no such day. */
function dayIn(text: string): number | null {
  if (!/^\d{4}-\d\d-\d\d$/.test(text)) return null;
  const at = Date.parse(`${text}T00:00:00.000Z`);
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text ? null : at;
}
