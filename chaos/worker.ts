/** A worker process as the product's own, but told its settings by message, and where to die. */
import { loadConfig } from "@/lib/config";
import { logger } from "@/lib/logger";
import { syncLimits } from "@/lib/wiring";
import { startWorker, type Worker } from "@/workers/start";
import { impatience } from "./form";

/** What the harness says to a worker, and what it hears from one. */
export type Order =
  | { readonly kind: "start"; readonly env: Readonly<Record<string, string>> }
  | { readonly kind: "arm"; readonly trap: Trap }
  | { readonly kind: "disarm"; readonly point: string | null };
export type Trap = {
  readonly point: string;
  /** The how-manyth passage from now on. */
  readonly count: number;
  readonly how: "SIGKILL" | "SIGSTOP";
};
export type Told = { readonly kind: "ready" } | { readonly kind: "caught"; readonly trap: Trap };

const log = logger("worker");
const traps = new Map<string, Trap & { left: number }>();
let worker: Worker | undefined;
let stops = 0;

// A fault nobody caught leaves a process in a state nobody knows: it ends, and the harness calls it a violation.
for (const event of ["uncaughtException", "unhandledRejection"] as const) {
  process.on(event, (thrown) => {
    log.error(`worker.${event}`, {}, thrown);
    process.exit(1);
  });
}
process.on("SIGTERM", () => void stop());
process.on("disconnect", () => process.exit(0));
process.on("message", (order: Order) => {
  if (order.kind === "arm") traps.set(order.trap.point, { ...order.trap, left: order.trap.count });
  else if (order.kind === "disarm" && order.point === null) traps.clear();
  else if (order.kind === "disarm") traps.delete(order.point ?? "");
  else if (stops === 0) worker = startWorker(loadConfig(order.env), log, limits, pace);
});
tell({ kind: "ready" });

const limits = { ...syncLimits, ...impatience.limits };
const pace = { ...impatience.pace, passes };

function passes(point: string): void {
  const trap = traps.get(point);
  if (trap === undefined) return;
  trap.left -= 1;
  if (trap.left > 0) return;
  traps.delete(point);
  tell({ kind: "caught", trap });
  process.kill(process.pid, trap.how);
}

async function stop(): Promise<void> {
  stops += 1;
  if (stops > 1) process.exit(0);
  await worker?.stop();
  process.exit(0);
}

function tell(told: Told): void {
  process.send?.(told);
}
