/** Installs the locked dependencies when what lies in node_modules is not what the lock file says. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export function installDependencies() {
  if (areInstalled()) return;
  process.stdout.write(
    "Installing the locked dependencies; the first time this takes some minutes\n",
  );
  // Spelt out, because a shell that says NODE_ENV=production would have the build tools left out.
  const args = ["ci", "--include=dev", "--no-audit", "--no-fund"];
  const npm = process.env.npm_execpath;
  const isScript = npm !== undefined && /npm-cli\.c?js$/.test(npm);
  const result = isScript
    ? spawnSync(process.execPath, [npm, ...args], {
        cwd: root,
        stdio: ["ignore", "inherit", "inherit"],
      })
    : spawnSync("npm", args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (result.status === 0) return;
  process.stderr.write(
    "The dependencies could not be installed: see npm's words above, mend that (network, disk, permissions) and start again.\n",
  );
  process.exit(1);
}

/** npm writes down at the end of an installation what it installed; an interrupted one has no such file. */
function areInstalled() {
  const wanted = packagesIn(join(root, "package-lock.json"));
  const installed = packagesIn(join(root, "node_modules", ".package-lock.json"));
  if (wanted === null || installed === null) return false;
  return Object.entries(wanted).every(([path, { version, integrity, optional, link }]) => {
    if (path === "" || link) return true;
    const found = installed[path];
    if (found === undefined) return optional === true;
    return found.version === version && found.integrity === integrity;
  });
}

function packagesIn(path) {
  if (!existsSync(path)) return null;
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages ?? null;
  } catch {
    return null;
  }
}
