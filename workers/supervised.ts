const lookEveryMs = 2_000;

/** Ends with whoever started it: a worker without a supervisor would be nobody's. */
export function endWithSupervisor(supervisorPid: number | null, onGone: () => void): void {
  if (supervisorPid === null) return;
  const timer = setInterval(() => {
    if (isAlive(supervisorPid)) return;
    clearInterval(timer);
    onGone();
  }, lookEveryMs);
  timer.unref();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // EPERM: it lives, but belongs to somebody else.
    return thrown instanceof Error && "code" in thrown && thrown.code === "EPERM";
  }
}
