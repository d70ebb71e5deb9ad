/** Preloaded into parts that know nothing of the supervisor: when it is gone, they shall not stay behind. */
const supervisor = Number(process.env.SUPERVISOR_PID);

if (Number.isInteger(supervisor) && supervisor > 0) {
  // A child sees it by its parent, which no reuse of process ids can fake; a grandchild has to ask for the id.
  const isChild = process.ppid === supervisor;
  const isOrphan = () => (isChild ? process.ppid !== supervisor : !exists(supervisor));
  setInterval(() => {
    if (!isOrphan()) return;
    process.kill(process.pid, "SIGTERM");
    setTimeout(() => process.exit(1), 3_000).unref();
  }, 1_000).unref();
}

function exists(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
