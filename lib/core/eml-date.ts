/** The Date of a delivered message: read alike on every machine, wherever its clock believes to be. */
import { isoInstantMs } from "./item-fields";

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const form =
  /^(?:[a-z]{3,9}\.?,?\s+)?(\d{1,2})[\s-]+([a-z]{3})[a-z]*[\s-]+(\d{4}|\d{2})\s+(\d{1,2}):(\d\d)(?::(\d\d))?(?:\.\d+)?\s*(?:([+-])(\d\d):?(\d\d))?/i;

const hoursWest: Readonly<Record<string, number>> = {
  ...{ EST: 5, EDT: 4, CST: 6, CDT: 5, MST: 7, MDT: 6, PST: 8, PDT: 7 },
};

/** RFC 5322 and what is near it; without a zone it is UTC, as all times of the vendor's are. */
export function readMailDate(value: string): Date | null {
  const text = value.trim().slice(0, 200);
  const iso = isoInstantMs(text);
  if (iso !== null) return new Date(iso);
  const match = form.exec(text);
  if (match === null) return null;
  const [whole, day = "", name = "", year = "", hour = "", minute = "", second = "0"] = match;
  const month = months.indexOf(name.toLowerCase());
  const fullYear = year.length === 2 ? Number(year) + (Number(year) < 50 ? 2000 : 1900) : year;
  const at = new Date(0);
  at.setUTCFullYear(Number(fullYear), month, Number(day));
  const isDay = month >= 0 && at.getUTCMonth() === month && at.getUTCDate() === Number(day);
  if (!isDay || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  at.setUTCHours(Number(hour), Number(minute), Number(second));
  const [, , , , , , , sign, zoneHours = "0", zoneMinutes = "0"] = match;
  const zone = /^\s*([a-z]{3})\b/i.exec(text.slice(whole.length))?.[1]?.toUpperCase() ?? "";
  const west = sign === undefined ? (hoursWest[zone] ?? 0) * 60 : 0;
  const east = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === "-" ? -1 : 1);
  return new Date(at.getTime() + (west - east) * 60_000);
}
