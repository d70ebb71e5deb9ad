/** Numbers, instants and spans in words. The same on the server and in the browser, to the last space. */

const numbers = new Intl.NumberFormat("en-US");

export function formatCount(count: number): string {
  return numbers.format(count);
}

/** `3 items`, `1 item`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun"].concat([
  "Jul",
  "Aug",
  "Sep",
  "Oct",
  "Nov",
  "Dec",
]);

const formats = new Map<string, Intl.DateTimeFormat>();

/** `22 Nov 2026, 08:12`; built from the parts, since browsers and Node differ in what stands between. */
export function formatInstant(iso: string, zone: string): string {
  const { day, month, year, hour, minute } = partsOf(iso, zone);
  return `${Number(day)} ${months[Number(month) - 1] ?? ""} ${year}, ${hour}:${minute}`;
}

/** `2026-11-22 08:12:03 UTC`. */
export function formatUtc(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

function partsOf(iso: string, zone: string) {
  const format = formats.get(zone) ?? newFormat(zone);
  formats.set(zone, format);
  const parts = Object.fromEntries(
    format.formatToParts(new Date(iso)).map(({ type, value }) => [type, value]),
  );
  const { day = "", month = "", year = "", hour = "", minute = "" } = parts;
  return { day, month, year, hour, minute };
}

function newFormat(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat("en-US", {
    timeZone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
}

/** `about 3 minutes`: a forecast is never as exact as its seconds. */
export function formatRemaining(milliseconds: number): string {
  const seconds = Math.max(Math.round(milliseconds / 1000), 1);
  if (seconds < 60) return "less than a minute";
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `about ${counted(minutes, "minute")}`;
  const hours = Math.round(minutes / 60);
  return hours < 48
    ? `about ${counted(hours, "hour")}`
    : `about ${counted(Math.round(hours / 24), "day")}`;
}

export function formatBytes(bytes: number): string {
  if (bytes < 1024) return counted(bytes, "byte");
  const kilobytes = bytes / 1024;
  if (kilobytes < 1024) return `${kilobytes.toFixed(0)} KB`;
  return `${(kilobytes / 1024).toFixed(1)} MB`;
}
