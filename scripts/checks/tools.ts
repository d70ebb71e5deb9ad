/** The programs the tests need that npm does not bring: a browser, Redis, Python and an SSH server. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { chromium } from "@playwright/test";
import { findProgram, findPython, findRedis, findSshServer } from "./programs";

/** The one without windows first: its pages cost half the processor time of the whole browser's. */
export function findChromium(): string | null {
  const known = [
    chromium.executablePath(),
    "/usr/bin/chromium-headless-shell",
    "/usr/bin/chromium",
    "/usr/bin/chromium-browser",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  ];
  return (
    known.find((path) => existsSync(path)) ??
    findProgram("chromium") ??
    findProgram("google-chrome")
  );
}

export type Tool = { readonly name: string; readonly package: string; find(): string | null };

export const redis: Tool = { name: "Redis", package: "redis-server", find: findRedis };
export const python: Tool = { name: "Python", package: "python3", find: findPython };
export const sshServer: Tool = {
  name: "OpenSSH's server",
  package: "openssh-server",
  find: findSshServer,
};
export const browser: Tool = {
  name: "Chromium",
  package: "chromium-headless-shell",
  find: findChromium,
};

export type MissingTool = { readonly tool: Tool; readonly sentence: string };

/** What is still missing after an attempt to install it. */
export function ensureTools(
  tools: readonly Tool[],
  say: (line: string) => void,
): readonly MissingTool[] {
  const missing = tools.filter((tool) => tool.find() === null);
  if (missing.length > 0 && canUseApt()) {
    const packages = missing.map((tool) => tool.package);
    say(`Installing ${packages.join(" and ")} with apt-get`);
    apt("update");
    apt("install", "--yes", "--no-install-recommends", ...packages);
  }
  return missing
    .filter((tool) => tool.find() === null)
    .map((tool) => ({
      tool,
      sentence: `${tool.name} is missing: install ${tool.package} and run the tests again.`,
    }));
}

function canUseApt(): boolean {
  const isRoot = process.getuid?.() === 0;
  const system = existsSync("/etc/os-release") ? readFileSync("/etc/os-release", "utf8") : "";
  return isRoot && /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(system) && findProgram("apt-get") !== null;
}

function apt(...args: string[]): void {
  const env = {
    ...process.env,
    DEBIAN_FRONTEND: "noninteractive",
    // Debian starts a server it installs; the tests bring up their own.
    RUNLEVEL: "1",
  };
  const done = spawnSync("apt-get", ["-qq", ...args], { env, encoding: "utf8" });
  if (done.status !== 0) process.stderr.write(done.stderr);
}
