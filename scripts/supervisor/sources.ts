/** Whether what was made is still what its sources would give. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join, relative } from "node:path";

/** Over names and contents; tests are no part of what is built. */
export function digest(root: string, paths: readonly string[]): string {
  const hash = createHash("sha256").update(process.versions.node.split(".")[0] ?? "");
  for (const path of paths.flatMap((each) => filesIn(join(root, each))).toSorted()) {
    hash
      .update(`${relative(root, path)}\0`)
      .update(readFileSync(path))
      .update("\0");
  }
  return hash.digest("hex");
}

function filesIn(path: string): string[] {
  if (!existsSync(path)) return [];
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .map((name) => join(path, name))
    .filter((file) => !/\.test\.tsx?$/.test(file) && statSync(file).isFile());
}

/** @param made a file that holds the digest of what was built from */
export function isMadeFrom(made: string, sources: string): boolean {
  return existsSync(made) && readFileSync(made, "utf8") === sources;
}
