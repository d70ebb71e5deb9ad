import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const scripts = join(dirname(fileURLToPath(import.meta.url)), "..");

function runAs(version: string, script: string) {
  const disguise = `Object.defineProperty(process,"versions",{value:{node:"${version}"}})`;
  const args = [
    "--import",
    `data:text/javascript,${disguise}`,
    join(scripts, script),
    "--unheard-of",
  ];
  return spawnSync(process.execPath, args, { encoding: "utf8" });
}

test.each(["start.mjs", "test.mjs"])("%s says in one sentence that Node is too old", (script) => {
  const { status, stderr } = runAs("20.18.3", script);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^This needs Node\.js 20\.19 or newer, and here is 20\.18\.3: .+\.\n$/);
});

test.each(["20.19.0", "22.0.0", "24.1.0"])("Node %s is new enough", (version) => {
  const { stderr } = runAs(version, "start.mjs");
  expect(stderr).toContain("npm start does not know --unheard-of");
});
