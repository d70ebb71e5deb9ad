/** Beside the pages: the watch for alarms, and what Next itself writes. */
import { logger } from "@/lib/logger";
import { watchFromPortal } from "@/lib/wiring";
import { takeConsole } from "./console";

const lookEveryMs = 5_000;
/** A database that is away fails at every look; the log needs a line a minute. */
const quietForMs = 60_000;

const log = logger("portal");

/** One per process, also when development loads this module again. */
const shared = globalThis as { alarmWatch?: NodeJS.Timeout };

export function beginWatch(): void {
  if (shared.alarmWatch !== undefined) return;
  if (!IS_DEVELOPMENT) takeConsole(log);
  const { signal } = new AbortController();
  let isLooking = false;
  let quietUntil = 0;
  const look = async () => {
    if (isLooking) return;
    isLooking = true;
    try {
      await watchFromPortal(signal);
    } catch (thrown) {
      if (Date.now() >= quietUntil) log.error("alarm.watchFailed", {}, thrown);
      quietUntil = Math.max(quietUntil, Date.now() + quietForMs);
    } finally {
      isLooking = false;
    }
  };
  shared.alarmWatch = setInterval(() => void look(), lookEveryMs);
  // Whoever stops the portal need not wait for the next look.
  shared.alarmWatch.unref();
}

/** The error itself is in the line before, from Next's own mouth; here is where it happened. */
export function notePageError(method: string, route: string): void {
  log.warn("page.failed", { method, route });
}

/** Set by next.config.js at build time: `next dev` shows errors better than a log can. */
declare const IS_DEVELOPMENT: boolean;
