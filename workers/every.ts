import type { Logger } from "@/lib/logger";

export type Timer = { stop(): Promise<void> };

/** Runs `work` at once and then again so long after each end; a failure is told and changes nothing. */
export function every(milliseconds: number, log: Logger, work: () => Promise<void>): Timer {
  let isStopped = false;
  let timeout: NodeJS.Timeout | undefined;
  const run = async (): Promise<void> => {
    try {
      await work();
    } catch (thrown) {
      log.error("tick.failed", {}, thrown);
    }
    if (!isStopped) {
      timeout = setTimeout(() => {
        running = run();
      }, milliseconds);
    }
  };
  let running = run();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timeout);
      await running;
    },
  };
}
