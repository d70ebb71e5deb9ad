/** A worker process. Its command line says so; whoever starts it finds it again by that. */
import { config, ConfigError } from "@/lib/config";
import { logger } from "@/lib/logger";
import { startWorker } from "./start";
import { endWithSupervisor } from "./supervised";

/** Longer than a request takes to be given up, shorter than the supervisor's patience. */
const stopDeadlineMs = 19_000;

const log = logger("worker");

function settings() {
  try {
    return config();
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    process.stderr.write(`${thrown.message}\n`);
    process.exit(1);
  }
}

// A fault nobody caught leaves a process in a state nobody knows: it ends, the supervisor starts a new one.
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (thrown) => {
    log.error(`worker.${event}`, {}, thrown);
    process.exit(1);
  });
}

const worker = startWorker(settings(), log);
let stops = 0;
for (const event of ["SIGTERM", "SIGINT"] as const) process.on(event, () => void stop(event));
endWithSupervisor(settings().supervisorPid, () => void stop("supervisorGone"));

async function stop(because: string): Promise<void> {
  stops += 1;
  // Whoever asks twice wants it now; what was sent and not answered stays in doubt and is looked for.
  if (stops > 1) process.exit(1);
  log.info("worker.stopping", { because });
  setTimeout(() => process.exit(1), stopDeadlineMs).unref();
  await worker.stop();
  process.exit(0);
}
