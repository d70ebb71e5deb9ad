/** Programs of this machine, found the way a shell finds them. */
import { spawnSync } from "node:child_process";

export function findProgram(name: string): string | null {
  const asked = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
  return asked.status === 0 ? asked.stdout.trim() : null;
}

export function findRedis(): string | null {
  return findProgram("redis-server");
}
