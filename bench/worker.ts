/** A worker process as workers/main.ts is one, with the limits that a row names. */
import { config } from "@/lib/config";
import { logger } from "@/lib/logger";
import { syncLimits } from "@/lib/wiring";
import { startWorker } from "../workers/start";

const own = JSON.parse(process.env["BENCH_LIMITS"] ?? "{}") as Partial<typeof syncLimits>;
const worker = startWorker(config(), logger("worker"), { ...syncLimits, ...own });
process.on("SIGTERM", () => {
  worker.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
