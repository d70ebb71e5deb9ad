/** Errors that others write to the console go through the log: Next prints what a page threw as it is. */
import type { Logger } from "@/lib/logger";

type Speaker = { error: (...words: unknown[]) => void };

export function takeConsole(
  log: Pick<Logger, "error">,
  speaker: Speaker = globalThis.console,
): void {
  speaker.error = (...words) => {
    const errors = words.filter((word) => word instanceof Error);
    if (errors.length === 0) log.error("portal.console", {}, saying(words));
    for (const error of errors) log.error("portal.console", {}, error);
  };
}

/** As an error, so that the log cuts it like any other: its first line, without what it quotes. */
function saying(words: readonly unknown[]): Error {
  const error = new Error(words.filter((word) => typeof word === "string").join(" "));
  error.name = "Said";
  error.stack = "";
  return error;
}
