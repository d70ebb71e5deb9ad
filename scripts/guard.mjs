/** Stands beside a part that cannot watch for itself (PostgreSQL, Redis) and stops it when the supervisor is gone. */
const [supervisor, pid, signal] = process.argv.slice(2);
const watched = Number(pid);
const isOrphan = () => process.ppid !== Number(supervisor);

const timer = setInterval(() => {
  if (!isRunning()) process.exit(0);
  if (!isOrphan()) return;
  clearInterval(timer);
  send(signal);
  const deadline = Date.now() + 5_000;
  setInterval(() => {
    if (Date.now() > deadline) send("SIGKILL");
    if (!isRunning() || Date.now() > deadline) process.exit(0);
  }, 100);
}, 500);

function isRunning() {
  return send(0);
}

function send(what) {
  try {
    process.kill(watched, what);
    return true;
  } catch {
    return false;
  }
}
