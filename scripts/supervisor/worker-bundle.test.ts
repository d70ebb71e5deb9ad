import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { BuildError } from "./build";
import { buildWorker, workerProgram } from "./worker-bundle";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "worker-"));
  for (const dir of ["workers", "lib"]) mkdirSync(join(root, dir));
  writeFileSync(
    join(root, "tsconfig.json"),
    `{ "compilerOptions": { "paths": { "@/*": ["./*"] } } }`,
  );
  writeFileSync(join(root, "lib", "word.ts"), `export const word: string = "grün";`);
  writeFileSync(
    join(root, "workers", "main.ts"),
    `import { word } from "@/lib/word";\nprocess.stdout.write(word);`,
  );
});
afterEach(() => {
  rmSync(root, { recursive: true });
});

const run = () => execFileSync(process.execPath, workerProgram("made"), { cwd: root }).toString();

test("what is built runs without anything that translates it", async () => {
  expect(await buildWorker(root, "made")).toBe(true);
  expect(run()).toBe("grün");
});

test("it is built again when its sources changed, and only then", async () => {
  await buildWorker(root, "made");
  expect(await buildWorker(root, "made")).toBe(false);
  writeFileSync(join(root, "lib", "word.ts"), `export const word: string = "blau";`);
  expect(await buildWorker(root, "made")).toBe(true);
  expect(run()).toBe("blau");
});

test("a source that cannot be built is told, and what was built before stays", async () => {
  await buildWorker(root, "made");
  writeFileSync(join(root, "lib", "word.ts"), `export const word = ;`);
  const attempt = buildWorker(root, "made");
  await expect(attempt).rejects.toThrow(BuildError);
  await expect(attempt).rejects.toThrow("lib/word.ts");
  expect(run()).toBe("grün");
});
