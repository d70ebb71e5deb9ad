/** Plain JavaScript, because the guard that outlives a killed supervisor runs without a compiler. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * When a process began, or null when it is gone. With its id this names one process for good, since ids are
 * given out again.
 * @param {number} pid
 * @returns {string | null}
 */
export function birthOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    // A zombie has ended; only its parent has not asked yet.
    if (fields[0] === "Z") return null;
    return `${readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}/${fields[19]}`;
  } catch {
    return process.platform === "linux" ? null : birthFromPs(pid);
  }
}

/** @param {number} pid */
function birthFromPs(pid) {
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}
