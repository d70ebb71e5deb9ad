/** Programs of this machine, found the way a shell finds them. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

export function findProgram(name: string): string | null {
  const asked = spawnSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" });
  return asked.status === 0 ? asked.stdout.trim() : null;
}

export function findRedis(): string | null {
  return findProgram("redis-server");
}

/** Ordinary users do not have its directory in their path. */
export function findSshServer(): string | null {
  const usual = "/usr/sbin/sshd";
  return existsSync(usual) ? usual : findProgram("sshd");
}

/** One that runs: macOS has a name in the place, and some Pythons come in parts. */
export function findPython(): string | null {
  const program = findProgram("python3");
  const tried = program === null ? null : spawnSync(program, ["-c", "import email.policy"]);
  return tried?.status === 0 ? program : null;
}
