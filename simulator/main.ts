import { dropFolder } from "./sftp/drop";
import { startSimulator } from "./start";

/** How often it is looked whether the process that started us is still there. */
const watchMs = 2000;

try {
  const simulator = await startSimulator({ env: process.env });
  let isClosing = false;
  const stop = () => {
    if (isClosing) return;
    isClosing = true;
    simulator.close().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
  watchSupervisor(stop);
  process.stdout.write(`${JSON.stringify({ ready: true, ...simulator.ports })}\n`);
  const { host, port } = simulator.sftp;
  // Whoever waits for the line above may have stopped listening behind it.
  process.stderr.write(`The drop: sftp://${host}:${port}${dropFolder}\n`);
} catch (thrown) {
  process.stderr.write(`${thrown instanceof Error ? thrown.message : String(thrown)}\n`);
  process.exit(1);
}

/** Whoever is killed cannot tell us to stop, so we look. */
function watchSupervisor(stop: () => void): void {
  const supervisor = Number(process.env["SUPERVISOR_PID"]);
  if (!Number.isInteger(supervisor) || supervisor <= 0) return;
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid !== parent || !isAlive(supervisor)) stop();
  }, watchMs);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's process is alive too.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
