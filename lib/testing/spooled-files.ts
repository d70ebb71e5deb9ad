import { readdirSync, readlinkSync } from "node:fs";

/** Files of deliveries that this process holds open; they have no name. Linux alone tells. */
export function openSpooledFiles(): number {
  return readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes("/delivered-");
    } catch {
      return false;
    }
  }).length;
}
